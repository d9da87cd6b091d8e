#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bootstrap.h"
#include "metrics.h"

namespace cxr {

/// What a classifier predicted for one radiograph, and its true class.
struct LabelledPrediction {
  std::size_t truth = 0;
  std::size_t predicted = 0;
  std::vector<double> probabilities;  ///< of each class

  bool correct() const { return truth == predicted; }
  double confidence() const { return probabilities[predicted]; }
};

/// Predictions of some images; a bootstrap resample contains some more than once.
using PredictionSample = std::vector<const LabelledPrediction*>;

struct ClassMeasures {
  std::size_t images = 0;
  Estimate sensitivity;
  Estimate ppv;
  Estimate auroc;  ///< against the rest, by the probability of the class
};

/// How well two classes are told apart among the images of both, by p / (p + q).
struct PairMeasures {
  std::size_t first = 0;
  std::size_t second = 0;
  Estimate auroc;
};

struct ClassificationMeasures {
  std::size_t images = 0;
  std::size_t patients = 0;  ///< an image without a patient counts as one
  ConfusionMatrix confusion{0};
  Estimate accuracy;
  Estimate balanced_accuracy;
  Estimate calibration_error;
  Estimate brier;
  std::vector<ClassMeasures> classes;
  std::vector<PairMeasures> pairs;  ///< all pairs of classes, even if undefined
};

/// `patients` names the patient of each prediction, see bootstrap().
ClassificationMeasures measure_classification(const PredictionSample& predictions,
                                              const std::vector<std::string>& patients,
                                              std::size_t classes, int resamples);

/// Scores of the images that belong to a class and of those that do not, for a ROC curve.
struct Scores {
  std::vector<double> positives;
  std::vector<double> negatives;
};
Scores scores_against_rest(const PredictionSample& predictions, std::size_t index);

/// The ROC curve of a class against the rest, with a 95 % bootstrap band: the sensitivity at false
/// positive rates from 0 to 1 in steps of 0.02.
struct RocBand {
  std::vector<cv::Point2d> curve;
  std::vector<Estimate> sensitivities;
};
inline constexpr int kRocBandSteps = 50;

/// One for each class; see bootstrap() for `patients`.
std::vector<RocBand> roc_bands(const PredictionSample& predictions,
                               const std::vector<std::string>& patients, std::size_t classes,
                               int resamples);

std::vector<ReliabilityBin> reliability_of(const PredictionSample& predictions);

}  // namespace cxr
