#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// How to bring a film upright, head up and the patient's left on the right: transpose it, then
/// mirror its rows, then its columns, as far as each is needed.
struct Turn {
  bool transpose = false;
  bool mirror_rows = false;     ///< left to right
  bool mirror_columns = false;  ///< top to bottom

  bool is_needed() const { return transpose || mirror_rows || mirror_columns; }
};

/// Turns an image, and back.
cv::Mat turned(const cv::Mat& image, const Turn& turn);
cv::Mat turned_back(const cv::Mat& image, const Turn& turn);

}  // namespace cxr
