#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metrics.h"

namespace cxr {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A measure with its uncertainty.
struct Estimate {
  Measure value;
  std::optional<Interval> interval;  ///< 95 %
};

/// Computes figures of the images with these indices, which may repeat. It always returns the same
/// number of figures, and is called from several threads.
using Statistic = std::function<std::vector<Measure>(const std::vector<std::size_t>& images)>;

inline constexpr std::uint64_t kBootstrapSeed = 1;

/// Estimates figures of a set of images with percentile bootstrap intervals (Efron, 1979).
///
/// Patients are drawn with replacement, each with all their images, because images of one patient
/// are correlated. `patients` names the patient of each image; an image without one (empty) counts
/// as a patient. The same input gives the same intervals.
///
/// A resample in which a figure is undefined is ignored for that figure. There is no interval if
/// the figure is undefined, if it is defined in less than half of the resamples, or if there are
/// fewer than two patients. `resamples` may be 0: no intervals.
std::vector<Estimate> bootstrap(const std::vector<std::string>& patients, int resamples,
                                const Statistic& statistic);

/// The images of each patient, in the order in which patients first appear; see bootstrap().
std::vector<std::vector<std::size_t>> images_by_patient(const std::vector<std::string>& patients);

}  // namespace cxr
