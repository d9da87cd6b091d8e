#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// A picture other than a radiograph, to teach a segmenter that it shows no lungs: blank,
/// noise, clouds, gradients, overlapping shapes as in photographs, pages of text, icons; or pieces
/// of `radiograph` (CV_8UC1) too small to show lungs, or shuffled. CV_8UC1 of `size`.
cv::Mat random_negative_example(const cv::Mat& radiograph, cv::Size size, cv::RNG& rng);

}  // namespace cxr
