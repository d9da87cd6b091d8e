#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/csv.h"

namespace cxr {

/// One radiograph to train on.
struct ManifestRow {
  std::filesystem::path image;
  std::filesystem::path mask;  ///< segmentation only; empty where the manifest says `none`
  std::string label;           ///< classification only
  std::string split;           ///< `train`, `val`; rows of any other are kept out of training
  std::string source;          ///< where it comes from; empty where not stated
  std::string patient;         ///< empty where not stated
  std::string age_group;       ///< likewise; `pediatric` tells children
  std::string view;            ///< likewise; `AP`, `PA`
  std::filesystem::path manifest;
  std::size_t line = 0;  ///< of the manifest, from 1
};

/// A manifest as a table: cells by the name of their column, paths relative to the manifest.
class ManifestTable {
 public:
  /// Throws Error naming the file: not readable, one of the columns missing, no rows.
  ManifestTable(const std::filesystem::path& file, const std::vector<std::string>& needed);

  const CsvTable& table() const { return table_; }
  std::size_t size() const { return table_.rows.size(); }
  std::size_t line(std::size_t row) const { return table_.lines[row]; }  ///< of the file, from 1

  /// Empty where there is no such column.
  std::string cell(std::size_t row, const std::string& column) const;
  /// Empty where the cell is.
  std::filesystem::path path(std::size_t row, const std::string& column) const;
  /// Of the column `mask`; empty also where the cell is `none`: a picture without lungs.
  std::filesystem::path mask(std::size_t row) const;

 private:
  CsvTable table_;
};

enum class Purpose { segmentation, classification };

/// Reads manifests, one after the other: CSV files with the columns `image`, `split` and `mask`
/// (segmentation; `none` for a picture without lungs) or `label` (classification); `source`,
/// `patient`, `age_group` and `view` may be there; others are ignored. Paths are relative to the
/// manifest's folder.
///
/// Throws Error naming the file: not readable, a column missing, no rows; and one for all bad rows
/// together, by line:
/// - an empty cell in a column that is needed, an image or mask that is no file;
/// - `train` and `val`: an image or mask that radiograph_size() refuses, a mask of another size
/// than
///   its image;
/// - a label that no row of `train` has, where there are any: mostly a slip of the pen;
/// - `val`: an image or a patient that `train` has, too. The manifests' patients are taken
///   together, so that one who is in two data sets is found; where patient is empty, nobody knows.
std::vector<ManifestRow> read_manifests(const std::vector<std::filesystem::path>& files,
                                        Purpose purpose);

}  // namespace cxr
