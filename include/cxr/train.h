#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cxr/augmentation.h"
#include "cxr/contract.h"
#include "cxr/names.h"

namespace cxr {

/// How a network is trained: AdamW with a one-cycle learning rate (Smith and Topin, 2018).
struct TrainingOptions {
  std::vector<std::filesystem::path> manifests;  ///< one or more, see read_manifests()
  std::filesystem::path out;      ///< the model; beside it OUT.csv (log), OUT.png, OUT.checkpoint
  std::filesystem::path init;     ///< a model whose weights training starts from; or empty
  int epochs = 12;                ///< 1 to 10000
  int images_per_epoch = 0;       ///< 0: as many as there are
  int batch_size = 8;             ///< 2 to 1024
  int side = 224;                 ///< of the network's square input: 64 to 1024, multiple of 32
  std::optional<int> first_side;  ///< where training starts; it grows to `side`, which it has for
                                  ///< the last third of the epochs
  double learning_rate = 1.5e-3;  ///< the cycle's peak, above 0
  double weight_decay = 1e-2;     ///< decoupled, as AdamW does it; not of biases and batch norm
  double averaging = 0;  ///< decay a step of the weights' moving average, which then is the model
                         ///< (Polyak and Juditsky, 1992); 0 (none) to below 1
  std::vector<std::string> hold_out;  ///< sources kept out of both splits, and reported apart
  std::uint64_t seed = 1;             ///< of weights, order and augmentation
  bool bfloat16 = false;              ///< convolve in bfloat16 instead of float
  bool resume = false;                ///< go on from the checkpoint where there is one
  std::string data;                   ///< for the contract: what the images are
  std::string licence;                ///< for the contract: what the model may be used for
  Augmentation augmentation;
};

struct SegmenterOptions {
  TrainingOptions training;
  double negatives = 0;  ///< share of training images that are made to be no radiographs, with an
                         ///< empty mask: 0 to 0.9
};

/// What is shown equally often in an epoch.
enum class Balance {
  none,              ///< every image
  label,             ///< every label
  label_and_source,  ///< every label, and every source of a label
  source             ///< every label of a source, every view of a label; see source_weights()
};

constexpr auto names(Balance /*unused*/) {
  return std::array{Named<Balance>{Balance::none, "none"}, Named<Balance>{Balance::label, "label"},
                    Named<Balance>{Balance::label_and_source, "label-and-source"},
                    Named<Balance>{Balance::source, "source"}};
}

struct ClassifierOptions {
  TrainingOptions training;
  std::filesystem::path segmenter;  ///< finds the lungs
  std::optional<int> enhance_side;  ///< see Contract, 32 to 4096; where not given, `side`
  Planes planes = Planes::all;
  Balance balance = Balance::none;
  double label_smoothing = 0.05;  ///< Szegedy et al., 2016; 0 to 0.5
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
/// file or the manifest's lines for data that cannot be used, and for a loss that is not finite;
/// the best model until then stays.
void train_segmenter(const SegmenterOptions& options, const TrainingListener& listener);

/// Trains a classifier on the images and labels of a manifest; the model kept is the one with the
/// best AUROC between two labels of one source, a mean over the sources of the validation split
/// that have two; where none has, with the best balanced accuracy. The network sees exactly what it
/// sees in inference: the lung box of the segmenter, cropped, enhanced, letterboxed. Where no
/// `init` is given, its encoder starts from the segmenter's if that is a ResNet-34 too. Lungs are
/// found once and kept in OUT.lungs.csv. Classes are the manifest's labels, sorted. The contract's
/// temperature is fitted on the validation split (Guo et al., 2017). Otherwise as
/// train_segmenter().
void train_classifier(const ClassifierOptions& options, const TrainingListener& listener);

}  // namespace cxr
