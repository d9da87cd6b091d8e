#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// The image at another size: by area averaging if it shrinks, by cubic interpolation if it
/// grows.
cv::Mat resized(const cv::Mat& image, cv::Size size);

/// A CV_8U image of one to four channels at another size as PIL's `resize(size, BILINEAR)` makes
/// it: weights fall linearly to zero at one pixel's distance, of the source where it grows, of the
/// result where it shrinks; rows are resized first, then columns, each rounded to whole grey
/// levels.
cv::Mat resized_as_pil(const cv::Mat& image, cv::Size size);

/// The size with the same aspect ratio whose longer side has `pixels`; no side is below 1.
cv::Size with_longer_side(cv::Size size, int pixels);

}  // namespace cxr
