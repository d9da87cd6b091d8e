#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace cxr {

/// Names of the colour maps: those of matplotlib 3.3, such as `coolwarm`, and their reverses, such
/// as `coolwarm_r`; sorted.
const std::vector<std::string>& colormap_names();

/// Colours a map of values in 0..1 (CV_32FC1; values outside are clipped) as CV_8UC3, BGR, as
/// matplotlib does. Throws UsageError naming an unknown map, and a similar name if there is one.
cv::Mat apply_colormap(const cv::Mat& values, const std::string& name);

/// How opaque a heat map of values in 0..1 is drawn (CV_32FC1): not at all where it is zero, fully
/// from a half.
cv::Mat heat_opacity(const cv::Mat& heat);

}  // namespace cxr
