#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// An image brought to a size: by area averaging where it shrinks, by cubic interpolation where it
/// grows.
cv::Mat resized(const cv::Mat& image, cv::Size size);

/// The size whose longer side has so many pixels, with the same aspect ratio; at least one pixel.
cv::Size with_longer_side(cv::Size size, int pixels);

}  // namespace cxr
