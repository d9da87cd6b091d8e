#pragma once

#include <torch/script.h>

#include <map>
#include <string>

namespace cxr {

/// What of a network in training becomes the model: its weights and running statistics, averaged
/// over the steps and with those that it started from.
class WeightAverage {
 public:
  /// Starts from the network's weights. `decay` of 0: the last step alone counts. `initial_share`:
  /// of the weights that the network has now.
  WeightAverage(const torch::jit::Module& network, double decay, double initial_share);

  /// After step `step` of training, from 1: average = decay * average + (1 - decay) * network. In
  /// the first steps the decay is less, so that the initial weights do not linger.
  void update(const torch::jit::Module& network, double step);

  /// Gives the network the weights of the model, until restore().
  void apply(torch::jit::Module& network);
  void restore(torch::jit::Module& network);

  /// The average over the steps by name, for checkpoints; empty where none is kept.
  std::map<std::string, torch::Tensor>& tensors() { return average_; }

 private:
  double decay_;
  double initial_share_;
  std::map<std::string, torch::Tensor> average_;
  std::map<std::string, torch::Tensor> initial_;
  std::map<std::string, torch::Tensor> in_training_;
};

}  // namespace cxr
