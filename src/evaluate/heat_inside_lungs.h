#pragma once

#include <opencv2/core.hpp>

#include "cxr/pipeline.h"
#include "metrics/metrics.h"

namespace cxr {

/// How much of what a heat map shows lies in the lungs, 0..1: of the pixels at 0.8 of the map's
/// maximum or above, weighted by their heat, the share inside the lung mask widened by 5 % of the
/// lung box's longer side, in pixels of the image. Undefined where no lungs were found or the map
/// is zero. `analysis` was explained.
Measure heat_inside_lungs(const Analysis& analysis);

}  // namespace cxr
