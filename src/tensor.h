#pragma once

#include <torch/script.h>

#include "cxr/ndarray.h"

namespace cxr {

/// The array's own values as a tensor, which must not outlive it.
torch::Tensor view(const NdArray& array);

/// A copy of a tensor's values.
NdArray to_ndarray(const torch::Tensor& tensor);

/// Lets LibTorch use every core (or OMP_NUM_THREADS of them): in some builds it starts with one.
void use_all_cores();

}  // namespace cxr
