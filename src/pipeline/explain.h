#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <vector>

#include "classify.h"
#include "cxr/network.h"
#include "cxr/pipeline.h"

namespace cxr {

/// Class activation maps of a batch, N x h x w, at the resolution of the feature maps.
/// `target[i]` is the class explained in image i; `original` does not use it.
NdArray class_activation_maps(const Network& classifier, const Classification& classification,
                              const std::vector<std::size_t>& target, CamMethod method);

/// Lays one activation map (h x w, as above) over the crop it explains: enlarged by cubic
/// interpolation, letterbox padding cut away, scaled to 0..1. CV_32FC1 of `crop_size`.
/// Grad-CAM is scaled by its maximum (an all-zero map stays zero), and each cell is drawn where its
/// receptive field has its centre. `original` is scaled from minimum to maximum and stretched over
/// the input, half a cell to the right and down of it, as the original program drew it.
cv::Mat heat_map(const float* activation, cv::Size activation_size, const NetworkInput& input,
                 cv::Size crop_size, CamMethod method);

}  // namespace cxr
