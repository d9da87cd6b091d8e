#include "cxr/merge.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/format.h"
#include "base/json_lines.h"
#include "base/json_text.h"
#include "base/listing.h"
#include "cxr/error.h"
#include "cxr/shard.h"
#include "folder_files.h"
#include "merged_files.h"
#include "report_page.h"
#include "result_format.h"
#include "shard_list.h"
#include "shard_rows.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostOnPage = 20000;  ///< images; a browser does not show more

/// `shards 2, 5 of 8`
std::string told(const std::vector<std::size_t>& indices, std::size_t count) {
  std::vector<std::string> words(indices.size());
  std::ranges::transform(indices, words.begin(),
                         [](std::size_t index) { return std::to_string(index); });
  return (indices.size() == 1 ? "shard " : "shards ") + first_of(words, ", ") + " of " +
         std::to_string(count);
}

/// What keeps the shards from being all of the list; empty where nothing does.
std::vector<std::string> gaps_in(const ShardList& list) {
  std::vector<std::string> gaps;
  if (const auto missing = list.missing(); !missing.empty()) {
    gaps.push_back("missing: " + told(missing, list.count));
  }
  if (const auto unfinished = list.unfinished(); !unfinished.empty()) {
    gaps.push_back("unfinished: " + told(unfinished, list.count));
  }
  for (const fs::path& folder : list.no_run) gaps.push_back("without run.json: " + folder.string());
  return gaps;
}

/// From the shards to one folder:
///
///   rows of all shards, in the order of the list ─▶ journal, CSV, pictures, page
class Merge {
 public:
  Merge(const MergeRequest& request, ShardList list)
      : request_(request), list_(std::move(list)), gaps_(gaps_in(list_)) {
    if (list_.folders.empty()) {
      throw UsageError(kMergeStage, request.shards.empty() ? "" : request.shards.front().string(),
                       "has no results of cxr-infer");
    }
    if (!gaps_.empty() && !request.partial) {
      throw UsageError(kMergeStage, "shards",
                       join(gaps_, "; ") +
                           "; finish them, with --resume, or merge what is there with --partial");
    }
    const ordered_json& settings = list_.run.at("settings");
    settings.at("models").at("classifier").at("contract").at("classes").get_to(classes_);
    dicom_uids_ = settings.value("dicom_uids", false);
    summary_.listed = list_.images;
    summary_.notes = list_.notes;
    summary_.notes.insert(summary_.notes.end(), gaps_.begin(), gaps_.end());
  }

  MergeSummary process(const MergeProgress& progress) {
    make_folder(request_.output);
    const FolderLock lock(request_.output);
    require_ours();
    remove_dead_files(request_.output);
    write_run("running");
    MergedFiles files(request_.output);
    files_ = &files;
    write_rows(progress);
    if (files.missing() > 0) {
      summary_.notes.push_back(counted(files.missing(), "picture") + " not found in the shards");
    }
    write_run(gaps_.empty() ? "finished" : "interrupted");
    write_page();
    return summary_;
  }

 private:
  /// An earlier merge of the same list may be repeated.
  void require_ours() const {
    if (!has_results(request_.output)) return;
    std::ifstream stream(request_.output / kRun);
    const json run = parse_json(stream);
    const bool is_ours = run.is_object() && run.contains("merged") &&
                         run.at("merged").value("list", json()) == json(list_of_shards());
    if (is_ours) return;
    throw UsageError(kMergeStage, request_.output.string(),
                     "has results that are not those of a merge of this list; choose another "
                     "folder");
  }

  const ordered_json& list_of_shards() const {
    return list_.run.at("settings").at("shard").at("list");
  }

  void write_rows(const MergeProgress& progress) {
    AtomicFile journal(request_.output / kJournal), table(request_.output / kTable);
    table.write(csv_line(result_columns(classes_, dicom_uids_)));
    ShardRows rows(list_);
    std::optional<ShardRow> last;
    for (ShardRow row; rows.next(row);) {
      if (last && last->place == row.place) {
        require_same(*last, row);
        continue;
      }
      const json content = parse_json(row.line);
      const Result result = result_of(row, content);
      journal.write(row.line);
      table.write(csv_line(result_cells(result, classes_, dicom_uids_)));
      for (const auto& [kind, all] : files_of(content)) {
        for (const fs::path& file : all) files_->add(folder_of(row), file);
      }
      count(result);
      if (list_.images <= kMostOnPage) records_.push_back({result, row.line});
      if (progress) progress(summary_.images, list_.images);
      last = std::move(row);
    }
    require_all_rows();
    journal.finish();
    table.finish();
  }

  const fs::path& folder_of(const ShardRow& row) const { return list_.folders[row.shard].folder; }

  Result result_of(const ShardRow& row, const json& content) const {
    const auto refuse = [&](const std::string& why) {
      throw UsageError(kMergeStage, (folder_of(row) / kJournal).string(),
                       "was edited: place " + std::to_string(row.place) + " " + why);
    };
    Result result;
    try {
      result = result_from_json(content, classes_);
    } catch (const std::exception&) {
      refuse("is not a result");
    }
    if (row.place >= list_.images) refuse("is not in the list");
    if (shard_of(result.name, list_.count) != list_.folders[row.shard].index) {
      refuse("is of another shard");
    }
    return result;
  }

  /// Of a row that is met twice.
  void require_same(const ShardRow& one, const ShardRow& other) const {
    json a = parse_json(one.line), b = parse_json(other.line);
    for (json* each : {&a, &b}) {
      if (each->is_object()) each->erase("milliseconds");
    }
    if (a == b) return;
    throw UsageError(kMergeStage, (folder_of(other) / kJournal).string(),
                     "has another result for place " + std::to_string(one.place) + " than " +
                         (folder_of(one) / kJournal).string());
  }

  void require_all_rows() const {
    if (!gaps_.empty() || summary_.images == list_.images) return;
    throw UsageError(kMergeStage, "shards",
                     "all are finished, but have no result of " +
                         counted(list_.images - summary_.images, "image") +
                         " of the list: a results.jsonl was edited");
  }

  void count(const Result& result) {
    ++summary_.images;
    if (result.status == Status::error) ++summary_.failed;
    if (result.status == Status::skipped) ++summary_.skipped;
    if (result.status == Status::unsure) ++summary_.unsure;
  }

  /// run.json as a single run would have written it, and what was merged. Its settings are those of
  /// a run without shards, so that one can resume it.
  void write_run(const char* state) {
    run_ = list_.run;
    ordered_json& run = run_;
    run["settings"].erase("shard");
    ordered_json parts = ordered_json::array();
    double seconds = 0;
    std::size_t done_before = 0;
    for (const ShardFolder& shard : list_.folders) {
      run["started"] = std::min(run["started"], shard.facts.at("started"));
      seconds += shard.facts.at("seconds").get<double>();
      done_before += shard.facts.at("done_before").get<std::size_t>();
      parts.push_back(shard.facts);
    }
    run["command"] = request_.command;
    run["seconds"] = rounded(seconds, 3);
    run["state"] = state;
    run["images"] = list_.images;
    run["done_before"] = done_before;  // whose seconds are not counted
    run["skipped"] = summary_.skipped;
    run["unsure"] = summary_.unsure;
    run["failed"] = summary_.failed;
    run["merged"] = {{"shards", list_.count},
                     {"list", list_of_shards()},
                     {"missing", list_.missing()},
                     {"parts", parts}};
    run.erase("host");
    AtomicFile file(request_.output / kRun);
    file.write(run.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    file.finish();
  }

  void write_page() {
    if (list_.images > kMostOnPage) {
      std::error_code ignored;
      fs::remove(request_.output / kReport, ignored);
      summary_.notes.push_back("no report.html above " + std::to_string(kMostOnPage) + " images");
      return;
    }
    const ordered_json& settings = list_.run.at("settings");
    const std::string cmap = settings.at("configuration").at("heatmap").at("cmap");
    const ReportPage page(request_.output, request_.title, cmap, list_.images, std::nullopt);
    if (page.embeds()) {
      AtomicFile thumbnails(request_.output / kReportImages);
      for (const ShardFolder& shard : list_.folders) {
        for_each_json_line(shard.folder / kReportImages,
                           [&](const std::string& line, const json&) { thumbnails.write(line); });
      }
      thumbnails.finish();
    }
    page.write(records_, classes_, json(run_), json(settings.at("models")));
  }

  const MergeRequest& request_;
  const ShardList list_;
  const std::vector<std::string> gaps_;
  std::vector<std::string> classes_;
  bool dicom_uids_ = false;
  MergedFiles* files_ = nullptr;
  ordered_json run_;
  std::vector<ResultRecord> records_;  ///< for the page
  MergeSummary summary_;
};

}  // namespace

MergeSummary merge(const MergeRequest& request, const MergeProgress& progress) {
  return Merge(request, read_shards(request.shards)).process(progress);
}

}  // namespace cxr
