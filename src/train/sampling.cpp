#include "sampling.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <utility>

namespace cxr {
namespace {

bool is_known(const std::string& view) { return view == "AP" || view == "PA"; }

std::vector<double> weights_by_source(const std::vector<SampledFilm>& films) {
  using Cell = std::pair<std::string, std::string>;  // source and label
  std::map<std::string, std::set<std::string>> labels;
  std::map<std::string, double> of_source;
  std::map<Cell, double> of_cell;
  std::map<Cell, std::map<std::string, double>> of_view;
  for (const SampledFilm& film : films) {
    labels[film.source].insert(film.label);
    ++of_source[film.source];
    ++of_cell[{film.source, film.label}];
    if (is_known(film.view)) ++of_view[{film.source, film.label}][film.view];
  }
  std::vector<double> weights;
  for (const SampledFilm& film : films) {
    const Cell cell(film.source, film.label);
    const auto shares = std::max<std::size_t>(labels[film.source].size(), 2);
    double weight =
        std::sqrt(of_source[film.source]) / (static_cast<double>(shares) * of_cell[cell]);
    auto& views = of_view[cell];
    if (is_known(film.view) && views.size() == 2) {
      weight *= (views["AP"] + views["PA"]) / (2 * views[film.view]);
    }
    weights.push_back(weight);
  }
  return weights;
}

void bound_children(const std::vector<SampledFilm>& films, std::vector<double>& weights) {
  constexpr double kChildrenPerAdult = 1.0 / 3;  // a quarter of all
  std::map<std::string, double> adults;
  std::map<std::string, double> children;
  std::set<std::string> sources;
  for (std::size_t i = 0; i < films.size(); ++i) {
    (films[i].child ? children : adults)[films[i].label] += weights[i];
    if (films[i].child) sources.insert(films[i].source);
  }
  double factor = 1;
  for (const auto& [label, weight] : children) {
    if (adults.contains(label)) {
      factor = std::min(factor, kChildrenPerAdult * adults[label] / weight);
    }
  }
  for (std::size_t i = 0; i < films.size(); ++i) {
    if (sources.contains(films[i].source)) weights[i] *= factor;
  }
}

}  // namespace

std::vector<double> balanced_weights(const std::vector<std::string>& outer,
                                     const std::vector<std::string>& inner) {
  std::map<std::string, std::set<std::string>> inner_of;
  std::map<std::pair<std::string, std::string>, double> members;
  for (std::size_t i = 0; i < outer.size(); ++i) {
    inner_of[outer[i]].insert(inner[i]);
    ++members[{outer[i], inner[i]}];
  }
  std::vector<double> weights;
  for (std::size_t i = 0; i < outer.size(); ++i) {
    const auto shares = static_cast<double>(inner_of.size() * inner_of[outer[i]].size());
    weights.push_back(1 / (shares * members[{outer[i], inner[i]}]));
  }
  return weights;
}

std::vector<double> balanced_weights(const std::vector<std::string>& groups) {
  return balanced_weights(groups, groups);
}

std::vector<double> source_weights(const std::vector<SampledFilm>& films) {
  std::vector<double> weights = weights_by_source(films);
  bound_children(films, weights);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

std::vector<std::vector<std::size_t>> random_batches(const std::vector<double>& weights,
                                                     std::size_t draws, std::size_t batch_size,
                                                     std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);

  // Systematic sampling: marks at equal distances along the weights laid end to end.
  std::vector<std::size_t> drawn;
  double mark = std::uniform_real_distribution(0.0, 1.0)(random);
  double end = 0;
  for (const std::size_t example : order) {
    end += weights[example] * static_cast<double>(draws);
    for (; mark < end && drawn.size() < draws; ++mark) drawn.push_back(example);
  }
  std::shuffle(drawn.begin(), drawn.end(), random);

  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin + batch_size <= drawn.size(); begin += batch_size) {
    const auto first = drawn.begin() + static_cast<std::ptrdiff_t>(begin);
    batches.emplace_back(first, first + static_cast<std::ptrdiff_t>(batch_size));
  }
  return batches;
}

}  // namespace cxr
