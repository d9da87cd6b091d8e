#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "cxr/network.h"

namespace cxr {

/// Where the network finds lungs, at its own resolution.
struct Segmentation {
  cv::Mat lung_probability;  ///< CV_32FC1, 0..1
  cv::Mat mask;              ///< CV_8UC1, 255 where lung is the more probable class, else 0
};

/// Segments radiographs (CV_8UC1, any sizes) as one batch. `segmenter` is of kind segmenter.
/// Probabilities need not be finite: see require_finite().
std::vector<Segmentation> segment(const Network& segmenter, const std::vector<cv::Mat>& images);

}  // namespace cxr
