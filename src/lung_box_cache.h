#pragma once

#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <string>

#include "cxr/lung_box.h"
#include "cxr/network.h"

namespace cxr {

/// The lung boxes that a segmenter finds, kept in a CSV file so that each is computed once. Boxes
/// of another segmenter are passed over.
class LungBoxCache {
 public:
  /// Throws Error where the segmenter or an existing file cannot be read.
  LungBoxCache(std::filesystem::path file, const std::filesystem::path& segmenter);

  /// The lung box of an image, which goes by a name of its own.
  LungBox find(const std::string& name, const cv::Mat& image);

  /// Tells segmenters apart.
  const std::string& segmenter() const { return segmenter_; }

  /// Writes the file, whole or not at all.
  void save() const;

 private:
  void load();

  std::filesystem::path file_;
  std::string segmenter_;
  Network network_;
  std::map<std::string, LungBox> boxes_;
};

}  // namespace cxr
