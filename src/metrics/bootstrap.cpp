#include "bootstrap.h"

#include <map>
#include <numeric>
#include <random>

#include "base/parallel.h"

namespace cxr {
namespace {

/// Draws as many patients as there are, with replacement. Each resample has its own generator, so
/// that neither their order nor the number of threads matters.
std::vector<std::size_t> resample(const std::vector<std::vector<std::size_t>>& patients,
                                  int index) {
  std::seed_seq seed{kBootstrapSeed, static_cast<std::uint64_t>(index)};
  std::mt19937_64 random(seed);
  std::vector<std::size_t> images;
  for (std::size_t i = 0; i < patients.size(); ++i) {
    // Standard distributions differ between libraries.
    const auto& drawn = patients[random() % patients.size()];
    images.insert(images.end(), drawn.begin(), drawn.end());
  }
  return images;
}

std::optional<Interval> interval(const std::vector<std::vector<Measure>>& resamples,
                                 std::size_t figure) {
  std::vector<double> values;
  for (const std::vector<Measure>& figures : resamples) {
    if (figures[figure]) values.push_back(*figures[figure]);
  }
  if (values.empty() || 2 * values.size() < resamples.size()) return std::nullopt;
  return Interval{*quantile(values, 0.025), *quantile(values, 0.975)};
}

}  // namespace

std::vector<std::vector<std::size_t>> images_by_patient(const std::vector<std::string>& patients) {
  std::vector<std::vector<std::size_t>> images;
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < patients.size(); ++i) {
    if (patients[i].empty()) {
      images.push_back({i});
      continue;
    }
    const auto [patient, is_new] = known.try_emplace(patients[i], images.size());
    if (is_new) images.emplace_back();
    images[patient->second].push_back(i);
  }
  return images;
}

std::vector<Estimate> bootstrap(const std::vector<std::string>& patients, int resamples,
                                const Statistic& statistic) {
  std::vector<std::size_t> all(patients.size());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<Estimate> estimates;
  for (const Measure& value : statistic(all)) estimates.push_back({value, std::nullopt});

  const auto by_patient = images_by_patient(patients);
  if (by_patient.size() < 2) return estimates;
  std::vector<std::vector<Measure>> figures(static_cast<std::size_t>(resamples));
  parallel_for(figures.size(), [&](std::size_t i) {
    figures[i] = statistic(resample(by_patient, static_cast<int>(i)));
  });
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    if (estimates[i].value) estimates[i].interval = interval(figures, i);
  }
  return estimates;
}

}  // namespace cxr
