#include "metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <opencv2/core/utility.hpp>

namespace cxr {
namespace {

using Images = std::vector<std::size_t>;

const std::vector<double> kValues{1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1};

std::vector<Measure> mean_of_values(const Images& images) {
  std::vector<double> drawn;
  for (const std::size_t image : images) drawn.push_back(kValues[image]);
  return {mean(drawn)};
}

TEST(Bootstrap, TheValueIsThatOfTheImagesThemselvesAndLiesInTheInterval) {
  const Estimate estimate = bootstrap(std::vector<std::string>(20), 1000, mean_of_values).front();
  EXPECT_DOUBLE_EQ(*estimate.value, 0.75);
  ASSERT_TRUE(estimate.interval);
  // Binomial: 0.75 and two standard errors of 0.097.
  EXPECT_NEAR(estimate.interval->low, 0.55, 0.051);
  EXPECT_NEAR(estimate.interval->high, 0.925, 0.051);
}

TEST(Bootstrap, TheSameImagesGiveTheSameIntervalWhateverTheThreads) {
  const std::vector<std::string> patients(20);
  const Estimate first = bootstrap(patients, 200, mean_of_values).front();
  const int threads = cv::getNumThreads();
  cv::setNumThreads(1);
  const Estimate second = bootstrap(patients, 200, mean_of_values).front();
  cv::setNumThreads(threads);
  EXPECT_EQ(first.interval->low, second.interval->low);
  EXPECT_EQ(first.interval->high, second.interval->high);
}

TEST(Bootstrap, ImagesOfAPatientAreDrawnTogether) {
  const std::vector<std::string> patients{"a", "b", "a", "", "b", "a", ""};
  EXPECT_EQ(images_by_patient(patients), (std::vector<Images>{{0, 2, 5}, {1, 4}, {3}, {6}}));
  std::mutex mutex;
  bool differs = false;
  bootstrap(patients, 100, [&](const Images& images) -> std::vector<Measure> {
    const auto times = [&](std::size_t image) { return std::ranges::count(images, image); };
    const std::lock_guard lock(mutex);
    EXPECT_EQ(times(0), times(2));
    EXPECT_EQ(times(0), times(5));
    EXPECT_EQ(times(1), times(4));
    EXPECT_EQ(times(0) + times(1) + times(3) + times(6), 4);
    differs = differs || times(3) != times(6);
    return {};
  });
  EXPECT_TRUE(differs) << "images without a patient must stand for themselves";
}

TEST(Bootstrap, PatientsWithManyAlikeImagesWidenTheInterval) {
  std::vector<std::string> patients;
  for (std::size_t i = 0; i < kValues.size(); ++i) patients.push_back(std::to_string(i / 5));
  const auto width = [](const Estimate& estimate) {
    return estimate.interval->high - estimate.interval->low;
  };
  const auto sorted = [](const Images& images) -> std::vector<Measure> {
    std::vector<double> drawn;  // the first three patients are all right, the last all wrong
    for (const std::size_t image : images) drawn.push_back(image < 15 ? 1 : 0);
    return {mean(drawn)};
  };
  EXPECT_GT(width(bootstrap(patients, 500, sorted).front()),
            width(bootstrap(std::vector<std::string>(20), 500, sorted).front()));
}

TEST(Bootstrap, WhatIsUndefinedHasNoInterval) {
  const auto statistic = [](const Images& images) -> std::vector<Measure> {
    const bool whole = std::ranges::is_sorted(images) && images.size() == 4 && images[0] == 0;
    return {std::nullopt, whole ? Measure(1) : std::nullopt};
  };
  const auto estimates = bootstrap(std::vector<std::string>(4), 100, statistic);
  EXPECT_FALSE(estimates[0].value);
  EXPECT_FALSE(estimates[0].interval);
  EXPECT_EQ(estimates[1].value, 1);
  EXPECT_FALSE(estimates[1].interval) << "defined in too few resamples";
}

TEST(Bootstrap, NoResamplesOrOnePatientGiveNoInterval) {
  EXPECT_FALSE(bootstrap(std::vector<std::string>(20), 0, mean_of_values).front().interval);
  EXPECT_FALSE(
      bootstrap(std::vector<std::string>(20, "one"), 100, mean_of_values).front().interval);
}

}  // namespace
}  // namespace cxr
