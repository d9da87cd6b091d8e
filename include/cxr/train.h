#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cxr {

/// How a network is trained: AdamW with a one-cycle learning rate (Smith and Topin, 2018).
struct TrainingOptions {
  std::filesystem::path manifest;  ///< see read_manifests()
  std::filesystem::path out;       ///< the model; beside it OUT.csv (log), OUT.checkpoint
  int epochs = 12;                 ///< 1 to 10000
  int batch_size = 8;              ///< 2 to 1024
  int side = 224;                  ///< of the network's square input: 64 to 1024, multiple of 32
  double learning_rate = 1.5e-3;   ///< the cycle's peak, above 0
  double weight_decay = 1e-2;      ///< decoupled, as AdamW does it; not of biases and batch norm
  std::uint64_t seed = 1;          ///< of weights, order and augmentation
  bool bfloat16 = false;           ///< convolve in bfloat16 instead of float
  bool resume = false;             ///< go on from the checkpoint where there is one
  std::string data;                ///< for the contract: what the images are
  std::string licence;             ///< for the contract: what the model may be used for
};

/// What the log has of one epoch. The first metric decides which model is best: higher is better.
struct EpochReport {
  int epoch = 0;  ///< from 1
  int epochs = 0;
  double training_loss = 0;
  std::vector<std::pair<std::string, double>> metrics;  ///< on the validation split
  bool best = false;                                    ///< this model was written to `out`
  double seconds = 0;
};

/// Called while a long job runs, from the thread that runs it. Every member may be empty.
struct TrainingListener {
  /// Something to be told, such as how many images were found.
  std::function<void(const std::string&)> note;
  /// Work done within what `what` names ("epoch 3/12"), and a figure such as "loss 0.41".
  std::function<void(const std::string& what, std::size_t done, std::size_t total,
                     const std::string& figure)>
      progress;
  std::function<void(const EpochReport&)> epoch;
};

/// Trains a segmenter on the images and masks of a manifest and writes the model that had the best
/// mean Dice on its validation split. A checkpoint is written after each epoch: a job that is
/// killed loses at most the epoch it was in, and with `resume` ends as if it had not been.
///
/// Throws UsageError for options out of range or at odds with the checkpoint's, Error naming the
/// file or the manifest's lines for data that cannot be used, and for a loss that is not finite.
void train_segmenter(const TrainingOptions& options, const TrainingListener& listener);

/// Trains a classifier on the images and labels of a manifest; the model kept is the one with the
/// best balanced accuracy. The network sees exactly what it sees in inference: the lung box of
/// `segmenter`, cropped, enhanced with its longer side at `enhance_side` pixels (32 to 4096;
/// where not given, `side`), letterboxed. Its encoder starts from the segmenter's where that is a
/// ResNet-34 too. Boxes are computed once and kept in OUT.boxes.csv. Classes are the manifest's
/// labels, sorted. Otherwise as train_segmenter().
void train_classifier(const TrainingOptions& options, const std::filesystem::path& segmenter,
                      std::optional<int> enhance_side, const TrainingListener& listener);

}  // namespace cxr
