#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cxr/evaluate.h"
#include "read/manifest.h"

namespace cxr {

/// One labelled radiograph.
struct EvaluationRow {
  std::filesystem::path image;
  std::string name;                ///< as in the manifest; in a folder `CLASS/FILE`
  std::filesystem::path mask;      ///< segmentation only; empty where the manifest says `none`
  std::string label;               ///< classification only
  std::string patient;             ///< empty if not stated
  std::vector<std::string> cells;  ///< one for each of EvaluationData::columns
  std::size_t line = 0;            ///< in the manifest, from 1; 0 in a folder
};

struct EvaluationData {
  std::filesystem::path file;
  std::vector<std::string> columns;  ///< of the manifest, except image, label and mask
  std::vector<EvaluationRow> rows;
  std::vector<std::string> left_out;  ///< names of the images of other splits
};

/// Reads a manifest or, for classification, a folder with one sub-folder per class. Unlike
/// read_manifests(), it needs no `split`, keeps all columns, and does not check that files exist.
///
/// Throws UsageError if `worst` or `bootstrap` is out of range, the path does not exist, or there
/// are no images or no rows of the split; Error naming the file and all bad rows by line: an empty
/// cell, an image named twice.
EvaluationData read_evaluation_data(const EvaluationRequest& request, Purpose purpose);

/// The class of each row. Throws UsageError naming all unknown labels by line.
std::vector<std::size_t> class_indices(const EvaluationData& data,
                                       const std::vector<std::string>& classes);

/// The rows by their value in a column.
struct Breakdown {
  std::string column;
  std::map<std::string, std::vector<std::size_t>> rows;
};

/// One for each column, except `split` and `patient`, that has 2 to 20 values among `rows`.
std::vector<Breakdown> break_down(const EvaluationData& data, const std::vector<std::size_t>& rows);

std::vector<std::string> patients_of(const EvaluationData& data,
                                     const std::vector<std::size_t>& rows);

}  // namespace cxr
