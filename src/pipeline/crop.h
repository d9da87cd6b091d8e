#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// The lung mask of a segmenter (CV_8UC1, 0 or 255, at its own resolution) in the pixels of an
/// image of `image_size`: interpolated, then cut at one half.
cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size);

}  // namespace cxr
