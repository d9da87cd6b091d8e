#include "adaptation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>

#include "calibration.h"
#include "metrics/bootstrap.h"
#include "network/tensor.h"
#include "pipeline/classify.h"

namespace cxr {
namespace {

using Indices = std::vector<std::size_t>;

NdArray rows_of(const NdArray& array, const Indices& rows) {
  std::vector<std::int64_t> shape = array.shape;
  shape[0] = static_cast<std::int64_t>(rows.size());
  NdArray some(shape);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(array.at(rows[i]), array.stride(), some.at(i));
  }
  return some;
}

SiteFilms subset(const SiteFilms& films, const Indices& rows) {
  SiteFilms some;
  some.judged.logits = rows_of(films.judged.logits, rows);
  some.features = rows_of(films.features, rows);
  for (const std::size_t row : rows) {
    some.judged.labels.push_back(films.judged.labels[row]);
    some.judged.sources.push_back(films.judged.sources[row]);
    some.patients.push_back(films.patients[row]);
  }
  return some;
}

/// Calls `use(train, test)` with the rows of each fold in turn.
template <typename Use>
void for_each_fold(const SiteFilms& films, std::size_t folds, const Use& use) {
  const Indices fold_of = folds_by_patient(films.judged.labels, films.patients, folds);
  for (std::size_t fold = 0; fold < folds; ++fold) {
    Indices train, test;
    for (std::size_t i = 0; i < fold_of.size(); ++i) {
      (fold_of[i] == fold ? test : train).push_back(i);
    }
    if (!test.empty()) use(train, test);
  }
}

torch::Tensor features_of(const SiteFilms& films) {
  return as_tensor(films.features).to(torch::kDouble);
}

/// The given head after temperature and offsets are fitted to films.
LinearHead recalibrated(const SiteFilms& films, const LinearHead& head) {
  const auto [temperature, offsets] = fit_calibration(films.judged);
  return {head.weight / double{temperature},
          head.bias / double{temperature} + torch::tensor(offsets).to(torch::kDouble)};
}

/// How strongly a head is held near the given one.
constexpr std::array kStrengths{1e-4, 1e-3, 1e-2, 1e-1, 1.0, 100.0};

HeadExamples examples_of(const SiteFilms& films) {
  return {features_of(films), films.judged.labels, calibration_weights(films.judged)};
}

/// For each of kStrengths, the logits of each film by a head that was fitted without it.
std::vector<NdArray> cross_validated_logits(const SiteFilms& films, const LinearHead& shipped) {
  constexpr std::size_t kFolds = 4;
  std::vector<NdArray> logits(kStrengths.size(), NdArray(films.judged.logits.shape));
  for_each_fold(films, kFolds, [&](const Indices& train, const Indices& test) {
    const SiteFilms known = subset(films, train);
    const HeadExamples examples = examples_of(known);
    const LinearHead start = recalibrated(known, shipped);
    const torch::Tensor unseen = features_of(subset(films, test));
    for (std::size_t s = 0; s < kStrengths.size(); ++s) {
      const NdArray some = to_ndarray(fit_head(examples, start, kStrengths[s]).logits(unseen));
      for (std::size_t i = 0; i < test.size(); ++i) {
        std::copy_n(some.at(i), some.stride(), logits[s].at(test[i]));
      }
    }
  });
  return logits;
}

double loss_of(const NdArray& logits, const JudgedFilms& films) {
  const torch::Tensor present = as_tensor(logits) + absence(films.labels, logits.stride());
  return cross_entropy(present, films.labels, calibration_weights(films)).item<double>();
}

}  // namespace

std::vector<std::size_t> folds_by_patient(const std::vector<std::size_t>& labels,
                                          const std::vector<std::string>& patients,
                                          std::size_t folds) {
  auto groups = images_by_patient(patients);
  std::shuffle(groups.begin(), groups.end(), std::mt19937_64(1));
  std::ranges::stable_sort(groups, {}, [&](const Indices& films) { return labels[films[0]]; });
  Indices fold_of(labels.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::size_t film : groups[i]) fold_of[film] = i % folds;
  }
  return fold_of;
}

AdaptedHead adapt_head(const SiteFilms& films, const LinearHead& shipped,
                       const Contract& contract) {
  AdaptedHead adapted{{}, contract, 0};
  JudgedFilms unseen = films.judged;
  double least = std::numeric_limits<double>::infinity();
  const std::vector<NdArray> logits = cross_validated_logits(films, shipped);
  for (std::size_t s = 0; s < kStrengths.size(); ++s) {
    const double loss = loss_of(logits[s], films.judged);
    if (loss >= least) continue;
    least = loss;
    adapted.strength = kStrengths[s];
    unseen.logits = logits[s];
  }
  adapted.head = fit_head(examples_of(films), recalibrated(films, shipped), adapted.strength);
  calibrate(unseen, adapted.contract);
  return adapted;
}

std::vector<SitePrediction> predict(const SiteFilms& films, const LinearHead& head,
                                    const Contract& contract) {
  const NdArray logits = to_ndarray(head.logits(features_of(films)));
  const NdArray probabilities = softmax(calibrated(logits, contract));
  std::vector<SitePrediction> predictions;
  for (std::size_t i = 0; i < films.judged.labels.size(); ++i) {
    const float* row = probabilities.at(i);
    const std::size_t classes = probabilities.stride();
    const auto predicted = static_cast<std::size_t>(std::max_element(row, row + classes) - row);
    SitePrediction& one = predictions.emplace_back();
    one.prediction = {films.judged.labels[i], predicted, {row, row + classes}};
    if (!contract.conformal.empty()) one.prediction_set = prediction_set(row, contract);
  }
  return predictions;
}

std::vector<SitePrediction> cross_validate(const SiteFilms& films, const LinearHead& shipped,
                                           const Contract& contract) {
  constexpr std::size_t kFolds = 5;
  std::vector<SitePrediction> predictions(films.patients.size());
  for_each_fold(films, kFolds, [&](const Indices& train, const Indices& test) {
    const AdaptedHead adapted = adapt_head(subset(films, train), shipped, contract);
    const auto some = predict(subset(films, test), adapted.head, adapted.contract);
    for (std::size_t i = 0; i < test.size(); ++i) predictions[test[i]] = some[i];
  });
  return predictions;
}

}  // namespace cxr
