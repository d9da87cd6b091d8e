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
#include "draw/sheet.h"
#include "read/manifest.h"
#include "validation_cases.h"

namespace cxr {

/// The stage that errors of training name.
inline constexpr const char* kTrainingStage = "training";

struct TrainingBatch {
  torch::Tensor input;   ///< N x 3 x H x W
  torch::Tensor target;  ///< as the loss expects it
};

using Metrics = std::vector<std::pair<std::string, double>>;

/// What is specific to the training of one network.
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
  /// Metrics of the network, which is in evaluation mode, on the validation split; the first
  /// decides which model is best. May write to the contract, such as a temperature.
  std::function<Metrics(torch::jit::Module& network, Contract& contract)> validate;

  /// How a sheet shows an example of the training split, whose picture as the network sees it is
  /// `seen` (CV_8UC3, BGR), with its target.
  std::function<SheetPicture(std::size_t example, const cv::Mat& seen, const torch::Tensor& target)>
      show;
  std::vector<std::string> samples_title;  ///< what else the sheet says, in lines
  std::vector<ContourKey> samples_keys;
  /// The images of the validation split as a trained network, in evaluation mode, judges them. What
  /// is returned may refer to the network.
  std::function<ValidationCases(torch::jit::Module& network, const Contract& contract)> judge;
};

/// Throws UsageError naming the option that is out of range, Error where `out` cannot be written.
void check_training_options(const TrainingOptions& options);

/// Whether `patience` epochs (0: any number) have not made a better model than `best_epoch` did.
bool has_stalled(int epochs_done, int best_epoch, int patience);

/// Runs the epochs of `task`; see train_segmenter() for what it promises.
void run_training(const TrainingTask& task, const TrainingOptions& options,
                  const TrainingListener& listener);

/// The network's output for a batch: the forward pass that validation uses.
torch::Tensor validation_output(torch::jit::Module& network, const NdArray& input);

}  // namespace cxr
