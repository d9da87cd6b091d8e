#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace cxr {

/// One radiograph to train on.
struct ManifestRow {
  std::filesystem::path image;
  std::filesystem::path mask;  ///< segmentation only
  std::string label;           ///< classification only
  std::string split;           ///< `train`, `val`; rows of any other are kept out of training
  std::string source;          ///< where it comes from; empty where not stated
  std::string patient;         ///< empty where not stated
  std::size_t line = 0;        ///< of the manifest, from 1
};

enum class Purpose { segmentation, classification };

/// Reads a manifest: a CSV file with the columns `image`, `split` and `mask` (segmentation) or
/// `label` (classification); `source` and `patient` may be there; others are ignored. Paths are
/// relative to the manifest's folder.
///
/// Throws Error naming the file: not readable, a column missing, no rows; and one for all bad rows
/// together, by line: an empty cell in a column that is needed, an image or mask that is no file.
std::vector<ManifestRow> read_manifest(const std::filesystem::path& file, Purpose purpose);

}  // namespace cxr
