#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "contours.h"

namespace cxr {

/// A picture of a sheet, and the lines of text below it.
struct SheetPicture {
  cv::Mat picture;  ///< CV_8UC3 (BGR), as for_sheet() makes it
  std::vector<std::string> lines;
};

struct SheetSection {
  std::string title;  ///< may be empty
  std::vector<SheetPicture> pictures;
};

/// Sections of pictures below each other, four in a row.
struct Sheet {
  std::vector<std::string> title;  ///< lines, the first in larger letters
  std::vector<ContourKey> keys;
  std::vector<SheetSection> sections;  ///< those without pictures are left out
};

/// The side of the square that a picture of a sheet fits into, in pixels.
inline constexpr int kSheetSide = 288;

/// An image (CV_8UC1, or CV_8UC3 in BGR) as large as it can be in a sheet, CV_8UC3.
cv::Mat for_sheet(const cv::Mat& image);

/// CV_8UC3, with `For research only, not for diagnosis` below. Long texts are fitted to their
/// width.
cv::Mat draw_sheet(const Sheet& sheet);

}  // namespace cxr
