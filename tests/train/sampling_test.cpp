#include "train/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace cxr {
namespace {

std::vector<int> times_drawn(const std::vector<double>& weights, std::size_t draws,
                             std::uint64_t seed) {
  std::vector<int> times(weights.size());
  for (const auto& batch : random_batches(weights, draws, 1, seed)) ++times[batch.front()];
  return times;
}

TEST(Sampling, EqualWeightsDrawEachExampleOnce) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    EXPECT_EQ(times_drawn(std::vector<double>(101, 1.0 / 101), 101, seed),
              std::vector<int>(101, 1));
  }
}

TEST(Sampling, EveryLabelAndEverySourceOfALabelIsDrawnEquallyOften) {
  // Label a: 60 of x, 20 of y; label b: 20 of x.
  std::vector<std::string> labels(80, "a");
  labels.resize(100, "b");
  std::vector<std::string> sources(60, "x");
  sources.resize(80, "y");
  sources.resize(100, "x");
  const auto weights = balanced_weights(labels, sources);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-12);
  const auto times = times_drawn(weights, 400, 7);
  const auto sum = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::accumulate(times.begin() + from, times.begin() + to, 0);
  };
  EXPECT_NEAR(sum(0, 60), 100, 1);
  EXPECT_NEAR(sum(60, 80), 100, 1);
  EXPECT_NEAR(sum(80, 100), 200, 1);
  // Within a group, each as often as the others.
  EXPECT_EQ(*std::min_element(times.begin() + 60, times.begin() + 80), 5);
  EXPECT_EQ(*std::max_element(times.begin() + 60, times.begin() + 80), 5);

  const auto by_label = balanced_weights(labels);
  EXPECT_NEAR(by_label[0], 0.5 / 80, 1e-12);
  EXPECT_NEAR(by_label[99], 0.5 / 20, 1e-12);
}

TEST(Sampling, BatchesAreFullAndTheirOrderIsTheSeeds) {
  const std::vector<double> weights(10, 0.1);
  const auto batches = random_batches(weights, 10, 4, 1);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[1].size(), 4U);
  EXPECT_EQ(batches, random_batches(weights, 10, 4, 1));
  EXPECT_NE(batches, random_batches(weights, 10, 4, 2));
}

}  // namespace
}  // namespace cxr
