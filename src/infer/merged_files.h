#pragma once

#include <cstddef>
#include <filesystem>

namespace cxr {

/// Puts the pictures and DICOM objects of shards into one output folder, under the paths that they
/// have in theirs.
class MergedFiles {
 public:
  explicit MergedFiles(std::filesystem::path output);

  /// As a hard link, or as a copy where there can be none. One that is there already stays. A path
  /// that leads out of the folder is left out: the journal was edited. Throws Error, or DiskError,
  /// where it cannot be written.
  void add(const std::filesystem::path& shard, const std::filesystem::path& file);

  /// Those that the shards do not have: results can be merged without their pictures.
  std::size_t missing() const { return missing_; }

 private:
  std::filesystem::path output_;
  std::filesystem::path parent_;  ///< of the last file; it exists
  std::size_t missing_ = 0;
};

}  // namespace cxr
