#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// The image at another size: by area averaging if it shrinks, by cubic interpolation if it
/// grows.
cv::Mat resized(const cv::Mat& image, cv::Size size);

/// The size with the same aspect ratio whose longer side has `pixels`; no side is below 1.
cv::Size with_longer_side(cv::Size size, int pixels);

}  // namespace cxr
