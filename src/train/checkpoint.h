#pragma once

#include <torch/script.h>
#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

namespace cxr {

/// The state of training after an epoch, besides weights and optimiser.
struct TrainingState {
  std::string options;  ///< what the run depends on, as text; a resumed run must have the same
  int epochs_done = 0;
  double best_metric = 0;
  int best_epoch = 0;  ///< which had it
};

using Tensors = std::map<std::string, torch::Tensor>;

/// Writes everything needed to continue, whole or not at all: `tensors` are the network's and
/// whatever else training keeps. Throws Error naming the file.
void save_checkpoint(const std::filesystem::path& file, const TrainingState& state,
                     const Tensors& tensors, const torch::optim::Optimizer& optimizer);

/// Reads a checkpoint into tensors and an optimiser made with the same options. Throws UsageError
/// where the checkpoint's options differ from `options`, Error where it is damaged.
TrainingState load_checkpoint(const std::filesystem::path& file, const std::string& options,
                              Tensors& tensors, torch::optim::Optimizer& optimizer);

}  // namespace cxr
