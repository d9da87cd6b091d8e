#pragma once

#include <cstddef>
#include <vector>

#include "cxr/ndarray.h"

namespace cxr {

/// The temperature, 0.05 to 20, under which the softmax of `logits` (N x C) divided by it makes the
/// labels (0 to C - 1, N of them) most probable (temperature scaling: Guo et al., ICML 2017).
float fit_temperature(const NdArray& logits, const std::vector<std::size_t>& labels);

}  // namespace cxr
