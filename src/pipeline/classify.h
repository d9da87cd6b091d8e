#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "cxr/ndarray.h"
#include "cxr/network.h"

namespace cxr {

/// What a classifier says of a batch. The feature maps are kept, so that it can be explained
/// without running the network again.
struct Classification {
  NdArray features;       ///< N x K x h x w
  NdArray logits;         ///< N x C
  NdArray probabilities;  ///< N x C, softmax of the logits over the contract's temperature
};

/// Classifies enhanced crops (CV_8UC3, any sizes) as one batch. `classifier` is of kind
/// classifier. Throws Error where the network's output is not finite.
Classification classify(const Network& classifier, const std::vector<cv::Mat>& enhanced);

}  // namespace cxr
