#include "shard_list.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/access.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "cxr/error.h"
#include "folder_files.h"
#include "run_record.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Null where there is none.
ordered_json read_run(const fs::path& folder) {
  std::ifstream stream(folder / kRun, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  return parse_json(text).is_object() ? ordered_json::parse(text) : ordered_json();
}

/// What run.json of a merge says of a shard.
ordered_json facts_of(const fs::path& folder, const ordered_json& run) {
  ordered_json facts{{"index", run.at("settings").at("shard").at("index")},
                     {"folder", to_utf8(folder.string())}};
  for (const char* key : {"host", "cpu", "threads", "started", "seconds", "state", "images",
                          "done_before", "skipped", "unsure", "failed"}) {
    facts[key] = run.at(key);
  }
  return facts;
}

class Reader {
 public:
  void read(const fs::path& folder) {
    ordered_json run = read_run(folder);
    if (run.is_null()) {
      const std::string why = why_unreadable(folder / kRun);
      const bool is_missing = why == "no such file";
      if (!why.empty() && !is_missing) throw UsageError(kMergeStage, (folder / kRun).string(), why);
      list_.no_run.push_back(folder);
      return;
    }
    try {
      add(folder, std::move(run));
    } catch (const nlohmann::json::exception&) {
      throw UsageError(kMergeStage, folder.string(),
                       "was not written with --shard, or its run.json was edited");
    }
  }

  ShardList finish() {
    std::ranges::sort(list_.folders, {}, &ShardFolder::index);
    const auto twice = std::ranges::adjacent_find(list_.folders, {}, &ShardFolder::index);
    if (twice != list_.folders.end()) {
      throw UsageError(
          kMergeStage, std::next(twice)->folder.string(),
          "is shard " + std::to_string(twice->index) + ", and so is " + twice->folder.string());
    }
    if (differ_in_machine_) {
      list_.notes.emplace_back(
          "shards were made with different processors or libraries; their results may differ in "
          "the last digits");
    }
    return std::move(list_);
  }

 private:
  void add(const fs::path& folder, ordered_json run) {
    const ordered_json& shard = run.at("settings").at("shard");
    ShardFolder added{.folder = folder,
                      .index = shard.at("index").get<std::size_t>(),
                      .finished = run.at("state") == "finished",
                      .facts = facts_of(folder, run)};
    run["settings"]["shard"].erase("index");
    if (list_.folders.empty()) {
      shard.at("count").get_to(list_.count);
      shard.at("list").at("images").get_to(list_.images);
      list_.run = run;
    }
    require_same(folder, run);
    if (added.index < 1 || added.index > list_.count) {
      throw UsageError(kMergeStage, folder.string(),
                       "its run.json was edited: there is no such shard");
    }
    list_.folders.push_back(std::move(added));
  }

  void require_same(const fs::path& folder, const ordered_json& run) {
    const ordered_json& first = list_.run;
    std::string place = first_difference(first.at("settings"), run.at("settings"));
    if (first.at("version") != run.at("version")) place = "version";
    if (!place.empty()) {
      throw UsageError(kMergeStage, folder.string(),
                       "does not belong to " + list_.folders.front().folder.string() + " (" +
                           place + " differs); shards need the same list, models and settings");
    }
    differ_in_machine_ |= first.at("cpu") != run.at("cpu");
    differ_in_machine_ |= first.at("libraries") != run.at("libraries");
  }

  ShardList list_;
  bool differ_in_machine_ = false;
};

}  // namespace

std::vector<std::size_t> ShardList::missing() const {
  std::vector<std::size_t> indices;
  auto next = folders.begin();
  for (std::size_t index = 1; index <= count; ++index) {
    if (next != folders.end() && next->index == index) {
      ++next;
    } else {
      indices.push_back(index);
    }
  }
  return indices;
}

std::vector<std::size_t> ShardList::unfinished() const {
  std::vector<std::size_t> indices;
  for (const ShardFolder& folder : folders) {
    if (!folder.finished) indices.push_back(folder.index);
  }
  return indices;
}

ShardList read_shards(const std::vector<fs::path>& folders) {
  Reader reader;
  for (const fs::path& folder : folders) reader.read(folder);
  return reader.finish();
}

}  // namespace cxr
