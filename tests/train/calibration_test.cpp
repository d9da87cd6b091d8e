#include "train/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pipeline/classify.h"

namespace cxr {
namespace {

/// Films with logits of `rows`, all of one source.
JudgedFilms films_of(const std::vector<std::vector<float>>& rows,
                     const std::vector<std::size_t>& labels) {
  JudgedFilms films;
  films.logits = NdArray(
      {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.at(0).size())});
  for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(rows[i], films.logits.at(i));
  films.labels = labels;
  films.sources.assign(labels.size(), "");
  return films;
}

std::vector<double> mean_probabilities(const JudgedFilms& films, std::size_t label,
                                       const Calibration& calibration) {
  Contract contract;
  contract.temperature = calibration.temperature;
  contract.offsets = calibration.offsets;
  const NdArray probabilities = softmax(calibrated(films.logits, contract));
  std::vector<double> mean(films.logits.stride());
  for (std::size_t i = 0; i < films.labels.size(); ++i) {
    if (films.labels[i] != label) continue;
    for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += double{probabilities.at(i)[c]};
  }
  return mean;
}

/// Logits drawn so that softmax(logits / 2 + (0.5, 0, -0.5)) is the probability of each label.
JudgedFilms drawn_films(std::size_t count) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 3);
  std::vector<std::vector<float>> rows;
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back({normal(random), normal(random), normal(random)});
    std::vector<double> odds;
    for (std::size_t c = 0; c < 3; ++c) {
      odds.push_back(std::exp(rows.back()[c] / 2.0 + 0.5 - 0.5 * static_cast<double>(c)));
    }
    labels.push_back(std::discrete_distribution<std::size_t>(odds.begin(), odds.end())(random));
  }
  return films_of(rows, labels);
}

/// All labels weigh the same: offsets are those that were drawn with, less the logarithm of how
/// frequent each label is.
TEST(Calibration, FindsTheTemperatureAndOffsetsThatLabelsWereDrawnWith) {
  const JudgedFilms films = drawn_films(20000);
  std::vector<double> wanted{0.5, 0, -0.5};
  double sum = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    wanted[c] -= std::log(static_cast<double>(std::ranges::count(films.labels, c)));
    sum += wanted[c] / 3;
  }
  const Calibration calibration = fit_calibration(films);
  EXPECT_NEAR(calibration.temperature, 2, 0.05);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(calibration.offsets[c], wanted[c] - sum, 0.05) << c;
  }
}

/// A rare label, and a small source of a label, must not be drowned: ten times as many films of a
/// group change nothing.
TEST(Calibration, LabelsWeighTheSameAndSourcesWithinALabel) {
  JudgedFilms films =
      films_of({{1, 0}, {-1, 0}, {2, 0}, {0, 1}, {1, 0}, {0, 3}}, {0, 0, 0, 1, 1, 1});
  films.sources = {"a", "a", "b", "a", "a", "a"};
  const Calibration once = fit_calibration(films);
  for (int repeat = 0; repeat < 9; ++repeat) {
    films.logits.values.insert(films.logits.values.end(), {2, 0});
    films.labels.push_back(0);
    films.sources.emplace_back("b");
  }
  films.logits.shape[0] = static_cast<std::int64_t>(films.labels.size());
  const Calibration often = fit_calibration(films);
  EXPECT_NEAR(often.temperature, once.temperature, 1e-3);
  EXPECT_NEAR(often.offsets[0], once.offsets[0], 1e-3);
}

/// Folds whose logits are shifted apart have the temperature that all were drawn with, which a fit
/// to all of them together does not find. Offsets fitted under a given temperature still make each
/// label as probable as it is frequent, a third.
TEST(Calibration, TheTemperatureOfFoldsDoesNotComeFromTheirShifts) {
  std::vector<JudgedFilms> folds(2, drawn_films(20000));
  JudgedFilms pooled = folds[0];
  for (std::size_t i = 0; i < folds[1].labels.size(); ++i) {
    folds[1].logits.at(i)[0] += 20;
    if (i % 2 == 0) pooled.logits.at(i)[0] += 20;
  }
  EXPECT_NEAR(fit_temperature(folds), 2, 0.05);
  EXPECT_GT(fit_calibration(pooled).temperature, 4);
  const Calibration given = fit_calibration(folds[0], 3.0F);
  EXPECT_EQ(given.temperature, 3.0F);
  double first = 0;
  for (std::size_t label = 0; label < 3; ++label) {
    first += mean_probabilities(folds[0], label, given)[0] /
             static_cast<double>(std::ranges::count(folds[0].labels, label)) / 3;
  }
  EXPECT_NEAR(first, 1.0 / 3, 1e-3);
}

/// With the same logits (a, 0) everywhere, the most probable temperature makes the softmax equal
/// the share p of label 0, here one half as labels weigh the same: only offsets can do that.
TEST(Calibration, OffsetsMoveTheLineBetweenClasses) {
  const JudgedFilms films =
      films_of({{4, 0}, {5, 0}, {6, 0}, {3, 0}, {2, 0}, {4.5F, 0}}, {0, 0, 0, 1, 1, 1});
  const Calibration calibration = fit_calibration(films);
  EXPECT_LT(calibration.offsets[0], -1);
  EXPECT_NEAR(calibration.offsets[0] + calibration.offsets[1], 0, 1e-4);
  EXPECT_GT(mean_probabilities(films, 0, calibration)[0], 1.5);
  EXPECT_GT(mean_probabilities(films, 1, calibration)[1], 1.5);
}

TEST(Calibration, ALabelWithoutFilmsKeepsItsPlace) {
  const JudgedFilms films = films_of({{1, 0, 9}, {2, 0, 9}, {0, 1, 9}, {1, 0, 9}}, {0, 0, 1, 1});
  const Calibration calibration = fit_calibration(films);
  EXPECT_NEAR(calibration.offsets[2], 0, 1e-6);
  EXPECT_NEAR(calibration.offsets[0] + calibration.offsets[1], 0, 1e-4);
}

TEST(Calibration, IsFiniteWhereNothingIsWrongAndForHugeLogits) {
  const Calibration right = fit_calibration(films_of({{1, 0}, {0, 1}}, {0, 1}));
  EXPECT_GT(right.temperature, 0.01F);
  EXPECT_LT(right.temperature, 0.5F);
  const Calibration wrong = fit_calibration(films_of({{1, 0}, {0, 1}}, {1, 0}));
  EXPECT_GT(wrong.temperature, 5);
  EXPECT_TRUE(std::isfinite(wrong.temperature));
  const Calibration huge = fit_calibration(films_of({{1e4F, 0}, {0, 1e4F}}, {0, 1}));
  EXPECT_TRUE(std::isfinite(huge.temperature));
  EXPECT_TRUE(std::isfinite(huge.offsets[0]));
}

/// Of 19 films of a class, k = ceil(0.9 * 20) = 18: two may fall below.
TEST(Conformal, TheThresholdIsTheKthLargestProbabilityOfTheClass) {
  NdArray probabilities({19 + 8, 2});
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < 19 + 8; ++i) {
    labels.push_back(i < 19 ? 0 : 1);
    probabilities.at(i)[0] = static_cast<float>(i % 19 + 1) / 20;
    probabilities.at(i)[1] = 1 - probabilities.at(i)[0];
  }
  const std::vector<float> thresholds = fit_conformal(probabilities, labels);
  EXPECT_EQ(thresholds[0], 2.0F / 20);
  EXPECT_EQ(thresholds[1], 0.0F) << "eight films cannot exclude a class at 90 %";
}

/// What conformal prediction promises: on new films of the same kind, each class is in its set in
/// 90 % of its films, however badly the probabilities are calibrated.
TEST(Conformal, NinetyPercentOfNewFilmsOfEachClassHaveItInTheirSet) {
  const JudgedFilms films = drawn_films(20000);
  const NdArray probabilities = softmax(films.logits);
  NdArray half({10000, 3});
  std::copy_n(probabilities.values.begin(), half.values.size(), half.values.begin());
  Contract contract;
  contract.classes = {"a", "b", "c"};
  contract.conformal = fit_conformal(half, {films.labels.begin(), films.labels.begin() + 10000});
  std::array<double, 3> covered{}, all{};
  for (std::size_t i = 10000; i < 20000; ++i) {
    const auto set = prediction_set(probabilities.at(i), contract);
    const std::string& truth = contract.classes[films.labels[i]];
    ++all[films.labels[i]];
    if (std::ranges::find(set, truth) != set.end()) ++covered[films.labels[i]];
  }
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(covered[c] / all[c], 0.9, 0.02) << c;
}

TEST(Calibration, TheContractSaysWhatItWasCalibratedOn) {
  JudgedFilms films = films_of({{1, 0}, {0, 1}, {2, 0}, {0, 2}}, {0, 1, 0, 1});
  films.sources = {"siim", "siim", "nih", "nih"};
  Contract contract;
  contract.classes = {"a", "b"};
  calibrate(films, contract);
  EXPECT_EQ(contract.calibrated_on, "4 films of nih, siim");
  EXPECT_EQ(contract.offsets.size(), 2U);
  EXPECT_EQ(contract.conformal, (std::vector{0.0F, 0.0F}));
  films.sources.assign(4, "");
  calibrate(films, contract);
  EXPECT_EQ(contract.calibrated_on, "4 films");
}

}  // namespace
}  // namespace cxr
