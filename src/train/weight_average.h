#pragma once

#include <torch/script.h>

#include <map>
#include <string>

namespace cxr {

/// The exponential moving average of a network's weights and running statistics.
class WeightAverage {
 public:
  /// Starts from the network's weights. `decay` of 0 keeps no average: nothing below has an effect.
  WeightAverage(const torch::jit::Module& network, double decay);

  /// After step `step` of training, from 1: average = decay * average + (1 - decay) * network. In
  /// the first steps the decay is less, so that the initial weights do not linger.
  void update(const torch::jit::Module& network, double step);

  /// Swaps the average and the network's weights; called again, swaps them back.
  void swap(torch::jit::Module& network);

  /// The average by name, for checkpoints; empty where none is kept.
  std::map<std::string, torch::Tensor>& tensors() { return average_; }

 private:
  double decay_;
  std::map<std::string, torch::Tensor> average_;
};

}  // namespace cxr
