#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cxr {

/// Weights that make each of the groups count the same, and each member of a group: 1 / (groups *
/// members of its group). They sum to 1.
std::vector<double> balanced_weights(const std::vector<std::string>& groups);

/// As above, for groups within groups: every outer group counts the same, within it every inner.
std::vector<double> balanced_weights(const std::vector<std::string>& outer,
                                     const std::vector<std::string>& inner);

/// What decides how often a film is drawn.
struct SampledFilm {
  std::string source;
  std::string label;
  std::string view;  ///< AP or PA; anything else is not known
  bool child = false;
};

/// Weights, summing to 1, under which neither the hospital nor the view nor the age tells the
/// label:
/// - a source counts as the square root of its number of films, shared equally by its labels; one
///   with a single label, which the hospital would give away, counts half of that;
/// - of the films of a label of a source that are known to be AP or PA, each view counts half, if
///   both are there;
/// - the weight of sources with children is reduced until children are at most a quarter of each
///   label that also has adults.
std::vector<double> source_weights(const std::vector<SampledFilm>& films);

/// The batches of one epoch in random order. Each example is drawn as often as its weight (they sum
/// to 1) times `draws` says, rounded up or down at random. A remainder too small for a batch waits
/// for another epoch: batch norm wants full batches.
std::vector<std::vector<std::size_t>> random_batches(const std::vector<double>& weights,
                                                     std::size_t draws, std::size_t batch_size,
                                                     std::uint64_t seed);

}  // namespace cxr
