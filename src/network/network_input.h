#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "cxr/contract.h"
#include "cxr/ndarray.h"

namespace cxr {

/// The part of a network's input, in its pixels, that shows an image of `image_size`: all of it
/// when squished, a centred rectangle when letterboxed.
cv::Rect content_rect(const NetworkInput& input, cv::Size image_size);

/// Brings images (CV_8UC1, repeated over the channels, or CV_8UC3) to a network's input size and
/// normalises them: N x 3 x height x width, `(value / 255 - mean) / std`.
NdArray to_network_input(const std::vector<cv::Mat>& images, const NetworkInput& input);

}  // namespace cxr
