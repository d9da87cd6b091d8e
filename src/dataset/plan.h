#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cxr/dataset.h"

namespace cxr {

/// An image that a data set will have.
struct PlannedImage {
  std::filesystem::path from;                ///< the file
  std::string name;                          ///< of the file in the data set
  std::string split;                         ///< `train`, `val`, `test`, `evaluate`
  std::string label;                         ///< classification only
  std::string source;                        ///< `cohen`, `montgomery`, …
  std::string patient;                       ///< empty where not known
  std::vector<std::filesystem::path> masks;  ///< segmentation only: their union is the mask
};

/// What a data set will have, and what it will not.
struct Plan {
  std::vector<PlannedImage> images;
  std::vector<DatasetProblem> problems;
  std::map<std::string, std::size_t> left_out;  ///< by a rule of the data set: `cohen: view L`

  void complain(const std::string& source, const std::string& subject, const std::string& reason,
                const std::string& detail = "") {
    problems.push_back({source, subject, reason, detail});
  }
  void leave_out(const std::string& source, const std::string& rule) {
    ++left_out[source + ": " + rule];
  }
};

/// The folder of an image in the data set: images for validation lie among those for training.
std::string split_folder(const PlannedImage& image);

/// Leaves out what is there already: the same file, the same patient and name, or, as the data
/// set's names are those of the sources, the same name.
void drop_duplicates(Plan& plan);

/// Leaves out images and masks that read_radiograph() would refuse by their header, and masks of
/// another size than their image.
void drop_unreadable(Plan& plan, const DatasetProgress& progress);

/// Moves a share of the patients in `train` to `split`: of each source and label its share, chosen
/// by `seed`. An image without a patient is a patient of its own.
void move_patients(Plan& plan, const std::string& split, double share, std::uint64_t seed);

/// Throws Error where a patient is in two splits.
void require_separate_patients(const Plan& plan);

/// Throws Error where there are problems.
void require_no_problems(const Plan& plan);

/// Tables for people: images by split and class, by source and class, what was left out, problems.
std::string plan_table(const Plan& plan);

}  // namespace cxr
