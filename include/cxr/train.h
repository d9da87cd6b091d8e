#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cxr/lung_box.h"
#include "cxr/training_options.h"

namespace cxr {

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
/// Before the first epoch, OUT.samples.png shows the first training pictures as the network sees
/// them, with their masks. At the end, OUT.cases.csv has what the model that was kept makes of each
/// image of the validation split, the worst first, and OUT.cases.png shows both ends.
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
/// temperature, offsets and conformal thresholds are fitted to the validation split. Otherwise as
/// train_segmenter().
void train_classifier(const ClassifierOptions& options, const TrainingListener& listener);

/// A classifier, and labelled radiographs that it was not trained on.
struct SiteOptions {
  std::filesystem::path model;      ///< the classifier
  std::filesystem::path segmenter;  ///< finds the lungs
  std::filesystem::path data;       ///< CSV: `image`, `label`; perhaps `patient`, `source`, `split`
  std::string split;                ///< rows of this split; empty: all
  std::vector<std::string> sources;    ///< rows of these sources; empty: all
  std::filesystem::path out;           ///< the model to write
  double smallest_component = kSpeck;  ///< of lungs: see find_lung_box()
};

/// A classifier trained like another, but without some sources.
struct HeldOutFold {
  std::filesystem::path model;
  std::vector<std::string> sources;
};

struct CalibrateOptions {
  SiteOptions site;
  std::vector<HeldOutFold> folds;
};

/// Writes a copy of a classifier whose temperature, offsets and conformal thresholds are fitted to
/// the given radiographs. They should be like those that it will be used on, and none of them may
/// have been in its training. A class without radiographs has an offset of 0, and is never excluded
/// from a prediction set.
///
/// With `folds`, the temperature is fitted to each fold's model on the fold's sources, which it has
/// not seen: so the confidence of a model trained on all sources is made for one it has not seen.
///
/// Throws Error naming the file or the manifest's lines, and for a fold of other classes.
void calibrate_classifier(const CalibrateOptions& options, const TrainingListener& listener);

struct AdaptOptions {
  SiteOptions site;
  bool allow_missing = false;  ///< adapt to some of the classes only
};

/// Fits the last layer of a classifier to 20 to a few hundred radiographs of a hospital: features
/// are computed once and stay as they are; the layer is held near the given one by L2, whose
/// strength is chosen by cross-validation; then temperature, offsets and conformal thresholds are
/// fitted to the cross-validated logits (cross-conformal prediction: Vovk, 2015). Before that, all
/// of this is cross-validated itself, by patient, and the page OUT.md shows what it comes to,
/// before and after.
///
/// Throws Error naming the manifest, and writes no model, where a class has radiographs of fewer
/// than 5 patients (with `allow_missing`, a class may have none, and keeps its place relative to
/// the others), or where the gain is within chance: the mean log loss, all labels weighing the
/// same, must fall, with a 95 % bootstrap interval by patient that excludes 0, and the balanced
/// accuracy must not fall. Throws Error for a classifier whose head is not global average pooling
/// and one linear layer, named `weight` and `bias`, and otherwise as calibrate_classifier().
void adapt_classifier(const AdaptOptions& options, const TrainingListener& listener);

}  // namespace cxr
