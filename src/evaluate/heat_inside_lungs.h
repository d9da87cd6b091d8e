#pragma once

#include <opencv2/core.hpp>

#include "cxr/pipeline.h"
#include "metrics/metrics.h"

namespace cxr {

/// How much of a heat map lies in the lungs, 0..1: of the pixels with at least 0.8 of the map's
/// maximum, weighted by their heat, the share inside the lung mask, dilated by 5 % of the lung
/// box's longer side, at the image's resolution. Undefined if no lungs were found or the map is
/// zero. `analysis` must have a heat map.
Measure heat_inside_lungs(const Analysis& analysis);

}  // namespace cxr
