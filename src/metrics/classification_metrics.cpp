#include "classification_metrics.h"

namespace cxr {
namespace {

using Sample = std::vector<const Judgement*>;

ConfusionMatrix confusion_of(const Sample& sample, std::size_t classes) {
  ConfusionMatrix confusion(classes);
  for (const Judgement* each : sample) ++confusion.at(each->truth, each->predicted);
  return confusion;
}

Measure brier_of(const Sample& sample) {
  std::vector<double> scores;
  for (const Judgement* each : sample)
    scores.push_back(brier_score(each->probabilities, each->truth));
  return mean(scores);
}

Scores scores_of_pair(const Sample& sample, std::size_t first, std::size_t second) {
  Scores scores;
  for (const Judgement* each : sample) {
    if (each->truth != first && each->truth != second) continue;
    const double both = each->probabilities[first] + each->probabilities[second];
    const double score = both > 0 ? each->probabilities[first] / both : 0.5;
    (each->truth == first ? scores.positives : scores.negatives).push_back(score);
  }
  return scores;
}

Measure auroc_of(Scores scores) { return auroc(scores.positives, std::move(scores.negatives)); }

/// All figures in one row; unpack() takes them apart in the same order.
std::vector<Measure> figures(const Sample& sample, std::size_t classes) {
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

void unpack(const std::vector<Estimate>& row, std::size_t classes,
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

}  // namespace

ClassificationMeasures measure_classification(const std::vector<Judgement>& judgements,
                                              const std::vector<std::string>& patients,
                                              std::size_t classes, int resamples) {
  const auto sample_of = [&](const std::vector<std::size_t>& images) {
    Sample sample;
    for (const std::size_t image : images) sample.push_back(&judgements[image]);
    return sample;
  };
  Sample all;
  for (const Judgement& each : judgements) all.push_back(&each);

  ClassificationMeasures measures;
  measures.images = judgements.size();
  measures.patients = images_by_patient(patients).size();
  measures.confusion = confusion_of(all, classes);
  const auto statistic = [&](const std::vector<std::size_t>& images) {
    return figures(sample_of(images), classes);
  };
  unpack(bootstrap(patients, resamples, statistic), classes, measures);
  return measures;
}

Scores scores_against_rest(const Sample& judgements, std::size_t index) {
  Scores scores;
  for (const Judgement* each : judgements) {
    (each->truth == index ? scores.positives : scores.negatives)
        .push_back(each->probabilities[index]);
  }
  return scores;
}

std::vector<ReliabilityBin> reliability_of(const Sample& judgements) {
  std::vector<Confidence> predictions;
  for (const Judgement* each : judgements) {
    predictions.push_back({each->confidence(), each->right()});
  }
  return reliability(predictions);
}

}  // namespace cxr
