#include "output_folder.h"

#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/json_lines.h"
#include "base/json_text.h"
#include "cxr/error.h"
#include "folder_files.h"
#include "pacs/dicom_results.h"
#include "result_format.h"
#include "run_record.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kOutputStage = "output";

/// Whether a PNG begins and ends like one. It is not read as a whole: pictures are on the disk
/// before they get their name.
bool is_whole_png(const fs::path& file) {
  constexpr std::string_view kBegin = "\x89PNG\r\n\x1a\n", kEnd = "IEND\xAE\x42\x60\x82";
  std::array<char, 8> begin{}, end{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), begin.size());
  stream.seekg(-static_cast<std::streamoff>(end.size()), std::ios::end);
  stream.read(end.data(), end.size());
  return stream && std::string_view(begin.data(), begin.size()) == kBegin &&
         std::string_view(end.data(), end.size()) == kEnd;
}

bool is_whole(const fs::path& file) {
  return file.extension() == ".dcm" ? is_whole_dicom(file) : is_whole_png(file);
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder, IfExists if_exists)
    : folder_(std::move(folder)), if_exists_(if_exists) {
  require_no_results();
}

void OutputFolder::require_no_results() const {
  if (if_exists_ != IfExists::error || !has_results(folder_)) return;
  throw UsageError(kOutputStage, folder_.string(),
                   "already has results; use --resume to continue that run, --if-exists overwrite "
                   "to start again, or choose another folder");
}

json OutputFolder::earlier_run() const {
  if (if_exists_ != IfExists::resume) return {};
  std::ifstream stream(folder_ / kRun);
  json run = parse_json(stream);
  return run.is_object() ? run : json();
}

void OutputFolder::open(const ordered_json& settings, const std::vector<std::string>& classes) {
  settings_ = settings;
  classes_ = classes;
  dicom_uids_ = settings.value("dicom_uids", false);
  make_folder(folder_);
  lock_.emplace(folder_);
  require_no_results();  // another run may have been here before the lock
  remove_dead_files(folder_);
  if (if_exists_ == IfExists::overwrite) remove_old();
  if (if_exists_ == IfExists::resume) require_same_settings();
}

void OutputFolder::load(const std::vector<std::string>& picture_kinds,
                        const std::set<std::string>& thumbnails) {
  for_each_json_line(folder_ / kJournal, [&](const std::string& line, const json& content) {
    read_line(line, content, picture_kinds, thumbnails);
  });
  write_all();
  journal_.emplace(folder_ / kJournal);
  table_.emplace(folder_ / kTable);
}

/// Removes what an earlier run wrote, with its pictures; nothing else.
void OutputFolder::remove_old() const {
  std::error_code ignored;
  const fs::path inside = fs::weakly_canonical(folder_, ignored);
  for_each_json_line(folder_ / kJournal, [&](const std::string&, const json& record) {
    for (const auto& [kind, files] : files_of(record)) {
      for (const fs::path& each : files) {
        // A journal that was edited, or a link, could lead elsewhere.
        const fs::path file = folder_ / each;
        const fs::path real = fs::weakly_canonical(file.parent_path(), ignored);
        const bool is_inside = std::ranges::mismatch(inside, real).in1 == inside.end();
        const bool is_ours = file.extension() == ".png" || file.extension() == ".dcm";
        if (is_inside && is_ours) fs::remove(file, ignored);
      }
    }
  });
  for (const char* name : {kTable, kReport, kReportImages, kRun, kJournal}) {
    fs::remove(folder_ / name, ignored);
  }
}

void OutputFolder::require_same_settings() const {
  if (!has_results(folder_)) return;
  const json run = earlier_run();
  if (!run.contains("settings")) {
    throw UsageError(
        kOutputStage, (folder_ / kRun).string(),
        "is missing or damaged, so the settings of these results are unknown; choose another "
        "folder, or use --if-exists overwrite");
  }
  const std::string place = first_difference(run.at("settings"), json(settings_));
  if (place.empty()) return;
  throw UsageError(kOutputStage, folder_.string(),
                   "its results were made with other settings (" + place +
                       "); resume with the same models and configuration, choose another folder, "
                       "or use --if-exists overwrite");
}

void OutputFolder::read_line(const std::string& line, const json& content,
                             const std::vector<std::string>& picture_kinds,
                             const std::set<std::string>& thumbnails) {
  ResultRecord record;
  const auto files = files_of(content);
  bool has_thumbnail = false;
  try {
    record = {result_from_json(content, classes_), line};
    has_thumbnail = content.value("thumbnail", false);
  } catch (const std::exception&) {
    return;  // not written by this program
  }
  const Result& result = record.result;
  if (result.status == Status::error) return;
  const bool has_files = std::ranges::all_of(picture_kinds, [&](const std::string& kind) {
    const auto found = files.find(kind);
    return found != files.end() && std::ranges::all_of(found->second, [&](const fs::path& file) {
             return is_whole(folder_ / file);
           });
  });
  if (result.judged() && !has_files) return;
  if (has_thumbnail && !thumbnails.contains(result.name)) return;
  if (!places_.emplace(result.name, records_.size()).second) return;
  for (const auto& [kind, all] : files) {
    for (const fs::path& file : all) owners_[file.string()] = result.name;
  }
  records_.push_back(std::move(record));
}

const ResultRecord* OutputFolder::find(const std::string& image) const {
  const auto found = places_.find(image);
  return found == places_.end() ? nullptr : &records_[found->second];
}

void OutputFolder::add(const ResultRecord& record) {
  journal_->append(record.line);
  table_->append(csv_line(result_cells(record.result, classes_, dicom_uids_)));
  places_[record.result.name] = records_.size();
  records_.push_back(record);
}

/// The table is written again from the journal, so that it need not be on the disk.
void OutputFolder::sync() { journal_->sync(); }

void OutputFolder::finish(const std::vector<std::string>& images) {
  std::map<std::string, std::size_t> order;
  for (const std::string& image : images) order.emplace(image, order.size() + 1);
  const auto place = [&](const ResultRecord& record) {
    const auto found = order.find(record.result.name);
    return found == order.end() ? 0 : found->second;
  };
  std::ranges::stable_sort(records_, {}, place);
  places_.clear();
  for (std::size_t i = 0; i < records_.size(); ++i) places_[records_[i].result.name] = i;
  write_all();
}

void OutputFolder::write_all() const {
  AtomicFile journal(folder_ / kJournal), table(folder_ / kTable);
  table.write(csv_line(result_columns(classes_, dicom_uids_)));
  for (const ResultRecord& record : records_) {
    journal.write(record.line);
    table.write(csv_line(result_cells(record.result, classes_, dicom_uids_)));
  }
  journal.finish();
  table.finish();
}

void OutputFolder::write_run(ordered_json run) const {
  run["settings"] = settings_;
  AtomicFile file(folder_ / kRun);
  file.write(run.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  file.finish();
}

}  // namespace cxr
