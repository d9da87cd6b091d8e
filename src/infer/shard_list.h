#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cxr/shard.h"

namespace cxr {

/// The stage that errors of merging name.
inline constexpr const char* kMergeStage = "merge";

/// The output folder of a shard.
struct ShardFolder {
  std::filesystem::path folder;
  std::size_t index = 1;
  bool finished = false;
  nlohmann::ordered_json facts;  ///< for run.json: folder, host, start, counts
};

/// Shards of one list, by their index.
struct ShardList {
  std::vector<ShardFolder> folders;
  std::size_t count = 0;                      ///< of all shards
  std::size_t images = 0;                     ///< in the list
  nlohmann::ordered_json run;                 ///< run.json of the first; settings without its index
  std::vector<std::filesystem::path> no_run;  ///< folders without a run.json
  std::vector<std::string> notes;             ///< for people

  std::vector<std::size_t> missing() const;
  std::vector<std::size_t> unfinished() const;
};

/// Reads the run.json of each folder. Throws UsageError where one is that of no shard, where two
/// are the same shard, and where lists, models, settings or versions differ.
ShardList read_shards(const std::vector<std::filesystem::path>& folders);

}  // namespace cxr
