#pragma once

#include <torch/script.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cxr/contract.h"
#include "cxr/ndarray.h"
#include "cxr/train.h"
#include "read/manifest.h"

namespace cxr {

struct TrainingBatch {
  torch::Tensor input;   ///< N x 3 x H x W
  torch::Tensor target;  ///< whatever the loss wants
};

using Metrics = std::vector<std::pair<std::string, double>>;

/// What is particular to one network's training.
struct TrainingTask {
  Contract contract;
  std::vector<double> weights;            ///< how often each example is drawn; they sum to 1
  std::filesystem::path initial_encoder;  ///< a model whose encoder training starts from, or empty
  std::string depends_on;  ///< what else a resumed run must have in common, " name=value ..."

  /// Examples of the training split, augmented by the random numbers of `seed` alone, for a network
  /// input of side `side`. Called from another thread than the rest.
  std::function<TrainingBatch(const std::vector<std::size_t>& indices, int side,
                              std::uint64_t seed)>
      batch;
  std::function<torch::Tensor(const torch::Tensor& logits, const torch::Tensor& target)> loss;
  /// Metrics of the network, which is in evaluation mode, on the validation split; first the one
  /// that decides. May put what it finds out (a temperature) into the contract.
  std::function<Metrics(torch::jit::Module& network, Contract& contract)> validate;
};

/// Throws UsageError naming the option that is out of range, Error where `out` cannot be written.
void check(const TrainingOptions& options);

/// Runs the epochs of `task`; see train_segmenter() for what it promises.
void run_training(const TrainingTask& task, const TrainingOptions& options,
                  const TrainingListener& listener);

/// The network's output for a batch given as floats: the forward pass that training validates by.
torch::Tensor evaluate(torch::jit::Module& network, const NdArray& input);

}  // namespace cxr
