#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cxr {

/// The true classes of images, from a manifest (CSV: image, label).
class ReportLabels {
 public:
  /// Throws UsageError if the file cannot be read or has no such columns.
  explicit ReportLabels(const std::filesystem::path& file);

  /// The label of each image that has one, by its place among `images`. An image's path may have
  /// more or fewer folders in front than in the manifest.
  std::map<std::size_t, std::string> find(const std::vector<std::string>& images) const;

  /// `labels.csv: 7 of 8 labelled images are in this run; unknown classes: 'Nrmal' (2 images)`.
  std::string describe(const std::vector<std::string>& images,
                       const std::vector<std::string>& classes) const;

 private:
  std::filesystem::path file_;
  std::map<std::string, std::string> labels_;  ///< by the image's path in the manifest
};

}  // namespace cxr
