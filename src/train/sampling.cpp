#include "sampling.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <utility>

namespace cxr {

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
