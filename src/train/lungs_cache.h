#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "cxr/lung_box.h"
#include "cxr/network.h"

namespace cxr {

/// What a segmenter found in one image.
struct Lungs {
  LungBox box;
  cv::Mat mask;  ///< CV_8UC1, 0 or 255, at the segmenter's resolution
};

/// The lungs that a segmenter finds, kept in a CSV file so that each image is segmented once. Those
/// that were found otherwise are ignored. Safe to use from several threads.
class LungsCache {
 public:
  /// Throws Error where the segmenter or an existing file cannot be read.
  LungsCache(std::filesystem::path file, const std::filesystem::path& segmenter,
             double smallest_component, Precision precision);

  /// The lungs of images, each with a name of its own; new ones are segmented as one batch.
  std::vector<Lungs> find(const std::vector<std::string>& names,
                          const std::vector<cv::Mat>& images);

  /// How the lungs are found: SHA-256 of the segmenter; the smallest component if it is not kSpeck;
  /// the precision if it is not float32.
  const std::string& segmenter() const { return segmenter_; }

  /// Writes the file, whole or not at all, if there is anything new.
  void save();

 private:
  struct Entry {
    LungBox box;
    std::string runs;  ///< the mask: lengths of its runs of 0 and 255 in turn, row by row
  };

  void load();

  std::filesystem::path file_;
  double smallest_component_;
  std::string segmenter_;
  Network network_;
  std::mutex mutex_;  ///< of what follows
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace cxr
