#pragma once

#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <string>

#include "lungs_cache.h"
#include "read/regions.h"

namespace cxr {

/// The lungs that a table of regions has for images, in place of those that a segmenter finds.
class RegionLungs {
 public:
  /// Throws Error where the table cannot be read.
  explicit RegionLungs(const std::filesystem::path& file);

  /// The lungs of an image: the row whose path has most in common with the image's, counted from
  /// the file name backwards, as the table may be of another machine. The mask is the box. Throws
  /// Error where no row has the file's name, or several fit as well and differ.
  Lungs find(const std::filesystem::path& image, cv::Size size) const;

 private:
  std::filesystem::path file_;
  std::multimap<std::string, Region> regions_;  ///< by the name of the file
};

}  // namespace cxr
