#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cxr/evaluate.h"
#include "read/manifest.h"

namespace cxr {

/// One radiograph to evaluate on.
struct EvaluationRow {
  std::filesystem::path image;
  std::string name;                ///< as the manifest writes it; of a folder `CLASS/FILE`
  std::filesystem::path mask;      ///< segmentation only
  std::string label;               ///< classification only
  std::string patient;             ///< empty where not stated
  std::vector<std::string> cells;  ///< of EvaluationData::columns
  std::size_t line = 0;            ///< of the manifest, from 1; 0 in a folder
};

struct EvaluationData {
  std::filesystem::path file;
  std::vector<std::string> columns;  ///< of the manifest, but image, label and mask
  std::vector<EvaluationRow> rows;
  std::vector<std::string> left_out;  ///< names of the rows of other splits
};

/// Reads a manifest or, for classification, a folder with a sub-folder for each class. Unlike
/// read_manifests(), no `split` is needed, all columns are kept, and files need not exist.
///
/// Throws UsageError where `worst` or `bootstrap` are out of range, the path does not exist, there
/// are no images, or no rows of the split;
/// Error naming the file, and all bad rows by line: an empty cell, an image named twice.
EvaluationData read_evaluation_data(const EvaluationRequest& request, Purpose purpose);

/// The class of each row. Throws Error naming all labels that are no class, by line.
std::vector<std::size_t> class_indices(const EvaluationData& data,
                                       const std::vector<std::string>& classes);

/// The rows by what a column says of them.
struct Breakdown {
  std::string column;
  std::map<std::string, std::vector<std::size_t>> rows;
};

/// By every column but `split` and `patient` that has 2 to 20 values among `rows`.
std::vector<Breakdown> break_down(const EvaluationData& data, const std::vector<std::size_t>& rows);

std::vector<std::string> patients_of(const EvaluationData& data,
                                     const std::vector<std::size_t>& rows);

}  // namespace cxr
