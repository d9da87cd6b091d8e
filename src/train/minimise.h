#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

namespace cxr {

/// Moves some tensors, which require gradients, to where a smooth function of them is least: L-BFGS
/// with line search (Nocedal and Wright, 2006). `loss` gives the function's value, a scalar.
void minimise(const std::vector<torch::Tensor>& variables,
              const std::function<torch::Tensor()>& loss);

}  // namespace cxr
