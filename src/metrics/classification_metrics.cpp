#include "classification_metrics.h"

namespace cxr {
namespace {

ConfusionMatrix confusion_of(const PredictionSample& sample, std::size_t classes) {
  ConfusionMatrix confusion(classes);
  for (const LabelledPrediction* each : sample) ++confusion.at(each->truth, each->predicted);
  return confusion;
}

Measure brier_of(const PredictionSample& sample) {
  std::vector<double> scores;
  for (const LabelledPrediction* each : sample)
    scores.push_back(brier_score(each->probabilities, each->truth));
  return mean(scores);
}

Scores scores_of_pair(const PredictionSample& sample, std::size_t first, std::size_t second) {
  Scores scores;
  for (const LabelledPrediction* each : sample) {
    if (each->truth != first && each->truth != second) continue;
    const double both = each->probabilities[first] + each->probabilities[second];
    const double score = both > 0 ? each->probabilities[first] / both : 0.5;
    (each->truth == first ? scores.positives : scores.negatives).push_back(score);
  }
  return scores;
}

Measure auroc_of(Scores scores) { return auroc(scores.positives, std::move(scores.negatives)); }

/// All figures in one row; unpack_row() takes them apart in the same order.
std::vector<Measure> figures_in_row(const PredictionSample& sample, std::size_t classes) {
  const ConfusionMatrix confusion = confusion_of(sample, classes);
  std::vector<Measure> row{confusion.accuracy(), confusion.balanced_accuracy(),
                           expected_calibration_error(reliability_of(sample)), brier_of(sample)};
  for (std::size_t c = 0; c < classes; ++c) {
    row.push_back(confusion.sensitivity(c));
    row.push_back(confusion.positive_predictive_value(c));
    row.push_back(auroc_of(scores_against_rest(sample, c)));
  }
  for (std::size_t a = 0; a < classes; ++a) {
    for (std::size_t b = a + 1; b < classes; ++b) {
      row.push_back(auroc_of(scores_of_pair(sample, a, b)));
    }
  }
  return row;
}

void unpack_row(const std::vector<Estimate>& row, std::size_t classes,
                ClassificationMeasures& measures) {
  auto next = row.begin();
  measures.accuracy = *next++;
  measures.balanced_accuracy = *next++;
  measures.calibration_error = *next++;
  measures.brier = *next++;
  for (std::size_t c = 0; c < classes; ++c) {
    ClassMeasures& of_class = measures.classes.emplace_back();
    of_class.images = measures.confusion.images_of(c);
    of_class.sensitivity = *next++;
    of_class.ppv = *next++;
    of_class.auroc = *next++;
  }
  for (std::size_t a = 0; a < classes; ++a) {
    for (std::size_t b = a + 1; b < classes; ++b) measures.pairs.push_back({a, b, *next++});
  }
}

PredictionSample drawn(const PredictionSample& predictions,
                       const std::vector<std::size_t>& images) {
  PredictionSample sample;
  sample.reserve(images.size());
  for (const std::size_t image : images) sample.push_back(predictions[image]);
  return sample;
}

}  // namespace

ClassificationMeasures measure_classification(const PredictionSample& predictions,
                                              const std::vector<std::string>& patients,
                                              std::size_t classes, int resamples) {
  ClassificationMeasures measures;
  measures.images = predictions.size();
  measures.patients = images_by_patient(patients).size();
  measures.confusion = confusion_of(predictions, classes);
  const auto statistic = [&](const std::vector<std::size_t>& images) {
    return figures_in_row(drawn(predictions, images), classes);
  };
  unpack_row(bootstrap(patients, resamples, statistic), classes, measures);
  return measures;
}

Scores scores_against_rest(const PredictionSample& predictions, std::size_t index) {
  Scores scores;
  for (const LabelledPrediction* each : predictions) {
    (each->truth == index ? scores.positives : scores.negatives)
        .push_back(each->probabilities[index]);
  }
  return scores;
}

std::vector<RocBand> roc_bands(const PredictionSample& predictions,
                               const std::vector<std::string>& patients, std::size_t classes,
                               int resamples) {
  const auto curve_of = [](const PredictionSample& sample, std::size_t index) {
    Scores scores = scores_against_rest(sample, index);
    return roc_curve(std::move(scores.positives), std::move(scores.negatives));
  };
  const auto statistic = [&](const std::vector<std::size_t>& images) {
    const PredictionSample sample = drawn(predictions, images);
    std::vector<Measure> sensitivities;
    for (std::size_t c = 0; c < classes; ++c) {
      const std::vector<cv::Point2d> curve = curve_of(sample, c);
      for (int i = 0; i <= kRocBandSteps; ++i) {
        sensitivities.push_back(sensitivity_at(curve, static_cast<double>(i) / kRocBandSteps));
      }
    }
    return sensitivities;
  };
  const std::vector<Estimate> all = bootstrap(patients, resamples, statistic);
  std::vector<RocBand> bands;
  auto next = all.begin();
  for (std::size_t c = 0; c < classes; ++c, next += kRocBandSteps + 1) {
    bands.push_back({curve_of(predictions, c), {next, next + kRocBandSteps + 1}});
  }
  return bands;
}

std::vector<ReliabilityBin> reliability_of(const PredictionSample& predictions) {
  std::vector<Confidence> confidences;
  for (const LabelledPrediction* each : predictions) {
    confidences.push_back({each->confidence(), each->correct()});
  }
  return reliability(confidences);
}

}  // namespace cxr
