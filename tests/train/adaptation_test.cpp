#include "train/adaptation.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "network/tensor.h"
#include "train/adaptation_page.h"

namespace cxr {
namespace {

const std::vector<std::string> kClasses{"COVID-19", "Normal", "Pneumonia"};

Contract contract() {
  Contract contract;
  contract.classes = kClasses;
  return contract;
}

/// A head that looks at the first three of six features.
LinearHead shipped() {
  return {torch::eye(3, 6, torch::kDouble) * 2, torch::zeros(3, torch::kDouble)};
}

/// Films of a site in turn of each class, two for each patient, with features of noise. `signal` is
/// how much the features from `first` on tell the class; the shipped head sees the first three.
SiteFilms films_of_site(std::size_t count, double signal, std::int64_t first, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> noise(0, 1);
  SiteFilms films;
  films.features = NdArray({static_cast<std::int64_t>(count), 6});
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = i / 2 % 3;
    for (std::size_t k = 0; k < 6; ++k) films.features.at(i)[k] = noise(random);
    films.features.at(i)[static_cast<std::size_t>(first) + label] += static_cast<float>(signal);
    films.judged.labels.push_back(label);
    films.judged.sources.emplace_back("site");
    films.patients.push_back(std::to_string(i / 2));
  }
  const torch::Tensor features = as_tensor(films.features).to(torch::kDouble);
  films.judged.logits = to_ndarray(shipped().logits(features));
  return films;
}

BeforeAfter compare(const SiteFilms& films) {
  return {predict(films, shipped(), contract()), cross_validate(films, shipped(), contract()),
          films.patients};
}

double accuracy(const std::vector<SitePrediction>& films) {
  double right = 0;
  for (const SitePrediction& film : films) right += film.prediction.correct() ? 1 : 0;
  return right / static_cast<double>(films.size());
}

/// Films of one patient in both halves would make memory look like skill.
TEST(Folds, APatientIsInOneFoldAndEachLabelIsSpreadOverAll) {
  std::vector<std::size_t> labels;
  std::vector<std::string> patients;
  for (std::size_t i = 0; i < 60; ++i) {
    labels.push_back(i < 45 ? 0 : 1);
    patients.push_back(i % 4 == 0 ? "" : std::to_string(i / 5));
  }
  const auto folds = folds_by_patient(labels, patients, 5);
  std::map<std::string, std::set<std::size_t>> of_patient;
  std::map<std::size_t, std::set<std::size_t>> of_label;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    if (!patients[i].empty()) of_patient[patients[i]].insert(folds[i]);
    of_label[labels[i]].insert(folds[i]);
  }
  for (const auto& [patient, in] : of_patient) EXPECT_EQ(in.size(), 1U) << patient;
  for (const auto& [label, in] : of_label) EXPECT_EQ(in.size(), 5U) << label;
  EXPECT_EQ(folds, folds_by_patient(labels, patients, 5));
}

HeadExamples examples_of(const SiteFilms& films) {
  return {
      as_tensor(films.features).to(torch::kDouble), films.judged.labels,
      std::vector<double>(films.patients.size(), 1.0 / static_cast<double>(films.patients.size()))};
}

TEST(LinearHead, AStrongPenaltyKeepsTheHeadAndAWeakOneFitsTheFilms) {
  const SiteFilms films = films_of_site(120, 3, 3);
  const LinearHead kept = fit_head(examples_of(films), shipped(), 1e6);
  EXPECT_TRUE(torch::allclose(kept.weight, shipped().weight, 0, 1e-4));
  EXPECT_TRUE(torch::allclose(kept.bias, shipped().bias, 0, 1e-4));
  const LinearHead fitted = fit_head(examples_of(films), shipped(), 1e-4);
  EXPECT_LT(accuracy(predict(films, shipped(), contract())), 0.5);
  EXPECT_GT(accuracy(predict(films, fitted, contract())), 0.95);
}

TEST(LinearHead, AClassWithoutFilmsKeepsItsPlaceRelativeToTheMeanOfTheOthers) {
  SiteFilms films = films_of_site(60, 3, 3);
  for (std::size_t& label : films.judged.labels) label %= 2;
  const LinearHead fitted = fit_head(examples_of(films), shipped(), 1e-3);
  const auto change = fitted.weight - shipped().weight;
  EXPECT_TRUE(torch::allclose(change[2], torch::zeros(6, torch::kDouble), 0, 1e-6));
  EXPECT_TRUE(torch::allclose(change[0], -change[1], 0, 1e-5));
  EXPECT_GT(change.abs().max().item<double>(), 0.1);
}

TEST(Adaptation, WhereTheHospitalShowsItElsewhereTheHeadLearnsItAndIsAccepted) {
  const BeforeAfter films = compare(films_of_site(90, 3, 3));
  EXPECT_LT(accuracy(films.before), 0.5);
  EXPECT_GT(accuracy(films.after), 0.85);
  EXPECT_EQ(objection(films), "");
  const std::string page = adaptation_page(films, kClasses, {"to: a test"});
  for (const char* words :
       {"balanced accuracy", "| before |", "to: a test", "**The model was written**",
        "sensitivity Pneumonia", "AUROC COVID-19 against Normal"}) {
    EXPECT_NE(page.find(words), std::string::npos) << words << " in " << page;
  }
}

/// Cross-validated by patient, films without any signal can show no gain over a calibrated head.
TEST(Adaptation, WhereThereIsNothingToLearnTheGainIsWithinChance) {
  int accepted = 0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SiteFilms films = films_of_site(60, 3, 0, seed);
    if (objection(compare(films)).empty()) ++accepted;
  }
  EXPECT_LE(accepted, 1);
}

TEST(Adaptation, ALowerBalancedAccuracyIsRefused) {
  BeforeAfter films = compare(films_of_site(90, 3, 3));
  for (std::size_t i = 0; i < films.before.size(); ++i) {
    LabelledPrediction& before = films.before[i].prediction;
    before.predicted = before.truth;  // always right, though never sure
    before.probabilities = {0.33, 0.33, 0.33};
    before.probabilities[before.truth] = 0.34;
  }
  EXPECT_NE(objection(films).find("balanced accuracy falls from 1.000"), std::string::npos)
      << objection(films);
}

/// Thresholds come from films that their head has not seen: new films of the site are covered.
TEST(Adaptation, PredictionSetsCoverNewFilmsOfTheSite) {
  const AdaptedHead adapted = adapt_head(films_of_site(180, 1.5, 3), shipped(), contract());
  EXPECT_FALSE(adapted.contract.conformal.empty());
  EXPECT_EQ(adapted.contract.calibrated_on, "180 films of site");
  const SiteFilms others = films_of_site(900, 1.5, 3, 99);
  std::map<std::size_t, double> covered;
  for (const auto& [prediction, set] : predict(others, adapted.head, adapted.contract)) {
    if (std::ranges::count(*set, kClasses[prediction.truth]) > 0) ++covered[prediction.truth];
  }
  for (std::size_t c = 0; c < 3; ++c) EXPECT_GT(covered[c] / 300, 0.83) << c;
}

}  // namespace
}  // namespace cxr
