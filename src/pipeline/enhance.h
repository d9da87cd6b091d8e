#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "cxr/contract.h"

namespace cxr {

/// The three views of a crop that the classifier reads, as one CV_8UC3 image:
/// 0. Otsu's threshold (0 or 255);
/// 1. CLAHE, clip limit 3.0, 8 x 8 tiles;
/// 2. inverted Gaussian adaptive threshold (offset 2) of the median-blurred crop (0 or 255).
///
/// The windows follow the crop's smaller side: 0.005 of it for the median, 0.02 for the adaptive
/// threshold, odd, never below 7. Equals the original program to the bit.
///
/// `crop` is CV_8UC1 and not empty. With `longer_side`, the crop is first scaled (area averaging
/// when shrinking, cubic when enlarging) so that its longer side has that many pixels. With
/// Planes::clahe, all three are plane 1; with Planes::plain, the scaled crop.
cv::Mat enhance(const cv::Mat& crop, std::optional<int> longer_side = std::nullopt,
                Planes planes = Planes::all);

}  // namespace cxr
