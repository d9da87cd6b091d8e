#include "train/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

/// 100 films of two labels at a, 25 of one at b, of children of two at c.
std::vector<SampledFilm> films_of_three_sources() {
  std::vector<SampledFilm> films(80, {"a", "healthy", "", false});
  films.resize(100, {"a", "ill", "", false});
  films.resize(125, {"b", "ill", "", false});
  films.resize(225, {"c", "ill", "", true});
  films.resize(1125, {"c", "healthy", "", true});
  return films;
}

double weight_of(const std::vector<SampledFilm>& films, const std::vector<double>& weights,
                 const auto& chosen) {
  double sum = 0;
  for (std::size_t i = 0; i < films.size(); ++i) {
    if (chosen(films[i])) sum += weights[i];
  }
  return sum;
}

TEST(Sampling, TheLabelsOfASourceAreAlikeAndASingleLabelCountsHalf) {
  const auto films = films_of_three_sources();
  const auto weights = source_weights(films);
  const auto cell = [&](const char* source, const char* label) {
    return weight_of(films, weights, [&](const SampledFilm& film) {
      return film.source == source && film.label == label;
    });
  };
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-12);
  EXPECT_NEAR(cell("a", "healthy"), cell("a", "ill"), 1e-12);
  EXPECT_NEAR(cell("c", "healthy"), cell("c", "ill"), 1e-12);
  EXPECT_NEAR(cell("b", "ill") / cell("a", "ill"), std::sqrt(25.0 / 100), 1e-9);
  EXPECT_NEAR(weights[0], cell("a", "healthy") / 80, 1e-12);
}

TEST(Sampling, ChildrenAreAtMostAQuarterOfALabelThatHasAdults) {
  auto films = films_of_three_sources();
  const auto children_of = [&](const std::string& label) {
    const auto weights = source_weights(films);
    const auto of_label = [&](const SampledFilm& film) { return film.label == label; };
    return weight_of(films, weights,
                     [&](const SampledFilm& film) { return film.child && of_label(film); }) /
           weight_of(films, weights, of_label);
  };
  EXPECT_NEAR(children_of("healthy"), 0.25, 1e-9);
  EXPECT_LT(children_of("ill"), 0.25);
  for (SampledFilm& film : films) film.child = true;
  EXPECT_NEAR(children_of("ill"), 1, 1e-12);  // where there are no adults, it cannot be helped
}

TEST(Sampling, KnownViewsOfALabelAreAlike) {
  std::vector<SampledFilm> films(10, {"a", "ill", "AP", false});
  films.resize(40, {"a", "ill", "PA", false});
  films.resize(50, {"a", "ill", "", false});
  films.resize(100, {"a", "healthy", "PA", false});
  const auto weights = source_weights(films);
  EXPECT_NEAR(weights[0] * 10, weights[10] * 30, 1e-12);
  EXPECT_NEAR(weights[40] * 10, 0.5 / 5, 1e-12);
  EXPECT_NEAR(weights[50] * 50, 0.5, 1e-12);
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
