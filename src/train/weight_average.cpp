#include "weight_average.h"

#include <algorithm>

#include "network/tensor.h"

namespace cxr {
namespace {

std::map<std::string, torch::Tensor> copies_of(const torch::jit::Module& network) {
  std::map<std::string, torch::Tensor> copies;
  for (const auto& [name, tensor] : named_tensors(network)) {
    copies[name] = tensor.detach().clone();
  }
  return copies;
}

}  // namespace

WeightAverage::WeightAverage(const torch::jit::Module& network, double decay, double initial_share)
    : decay_(decay), initial_share_(initial_share) {
  if (decay_ > 0) average_ = copies_of(network);
  if (initial_share_ > 0) initial_ = copies_of(network);
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

void WeightAverage::apply(torch::jit::Module& network) {
  in_training_ = copies_of(network);
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_tensors(network)) {
    if (decay_ > 0) tensor.copy_(average_.at(name));
    if (initial_share_ > 0 && tensor.is_floating_point()) {
      tensor.lerp_(initial_.at(name), initial_share_);
    }
  }
}

void WeightAverage::restore(torch::jit::Module& network) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_tensors(network)) tensor.copy_(in_training_.at(name));
  in_training_.clear();
}

}  // namespace cxr
