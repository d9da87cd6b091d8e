#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "cxr/ndarray.h"
#include "cxr/network.h"

namespace cxr {

/// What a classifier says of a batch. The feature maps are kept, so that it can be explained
/// without running the network again.
struct Classification {
  NdArray features;       ///< N x K x h x w
  NdArray logits;         ///< N x C
  NdArray probabilities;  ///< N x C, softmax of the calibrated logits
};

/// Classifies enhanced crops (CV_8UC3, any sizes) as one batch. `classifier` is of kind
/// classifier. Probabilities need not be finite: see require_finite().
Classification classify(const Network& classifier, const std::vector<cv::Mat>& enhanced);

/// Logits (N x C) over the contract's temperature, plus its offsets.
NdArray calibrated(const NdArray& logits, const Contract& contract);

/// Softmax of each row, N x C.
NdArray softmax(const NdArray& logits);

/// The classes that cannot be excluded: those whose probability reaches the contract's conformal
/// threshold. `probabilities` is one row; the contract has thresholds.
std::vector<std::string> prediction_set(const float* probabilities, const Contract& contract);

}  // namespace cxr
