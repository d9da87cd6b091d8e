#pragma once

#include <torch/script.h>

#include <map>
#include <string>

#include "cxr/ndarray.h"

namespace cxr {

/// The array's own values as a tensor, which must not outlive it.
torch::Tensor as_tensor(const NdArray& array);

/// A copy of a tensor's values.
NdArray to_ndarray(const torch::Tensor& tensor);

/// Parameters and buffers (such as running statistics) by name: all that makes up a network.
std::map<std::string, torch::Tensor> named_tensors(const torch::jit::Module& network);

}  // namespace cxr
