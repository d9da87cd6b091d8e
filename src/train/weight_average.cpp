#include "weight_average.h"

#include <algorithm>

#include "network/tensor.h"

namespace cxr {

WeightAverage::WeightAverage(const torch::jit::Module& network, double decay) : decay_(decay) {
  if (decay_ == 0) return;
  for (const auto& [name, tensor] : named_tensors(network)) {
    average_[name] = tensor.detach().clone();
  }
}

void WeightAverage::update(const torch::jit::Module& network, double step) {
  if (decay_ == 0) return;
  const torch::NoGradGuard no_grad;
  const double decay = std::min(decay_, step / (step + 10));
  for (const auto& [name, tensor] : named_tensors(network)) {
    torch::Tensor& mean = average_.at(name);
    if (mean.is_floating_point()) {
      mean.lerp_(tensor, 1 - decay);
    } else {
      mean.copy_(tensor);  // batch norm's counter
    }
  }
}

void WeightAverage::swap(torch::jit::Module& network) {
  if (decay_ == 0) return;
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_tensors(network)) {
    const torch::Tensor own = tensor.detach().clone();
    tensor.copy_(average_.at(name));
    average_.at(name).copy_(own);
  }
}

}  // namespace cxr
