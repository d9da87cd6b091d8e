#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cxr {

/// Output folders of the shards of one list, and where their results go.
struct MergeRequest {
  std::vector<std::filesystem::path> shards;
  std::filesystem::path output;
  bool partial = false;                     ///< merge what is there
  std::string title = "Chest radiographs";  ///< of the report
  std::vector<std::string> command = {};    ///< as it was called, for run.json
};

/// The counts of a merge.
struct MergeSummary {
  std::size_t listed = 0;  ///< images of the list
  std::size_t images = 0;  ///< with a result
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t unsure = 0;
  std::vector<std::string> notes = {};  ///< for people, such as which shards are missing
};

/// Called now and then: images done, images in all.
using MergeProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Writes the folder that a single run over the whole list would have written: the results in the
/// order of the list, pictures as hard links, or as copies where there can be none. Memory grows
/// with the number of shards, not of images; an unfinished shard is held in memory. A merge that
/// was killed, or that was partial, can be repeated: pictures that are there stay.
///
/// Throws UsageError where the shards do not belong together, are met twice, are missing or
/// unfinished (but see `partial`), have other rows than their runs wrote, and where `output` has
/// results that no merge of the same list wrote; Error for what cannot be read or written.
MergeSummary merge(const MergeRequest& request, const MergeProgress& progress);

}  // namespace cxr
