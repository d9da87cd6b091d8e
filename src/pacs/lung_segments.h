#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "read/dicom_source.h"

namespace cxr {

enum class LungSide { both, right, left };

struct LungSegment {
  LungSide side = LungSide::both;
  cv::Mat mask;  ///< CV_8UC1, 0 or 1
};

/// The lungs on the pixels of a film as they are stored.
///
/// `mask` is that of the film brought upright, CV_8UC1 at the segmenter's resolution, lungs
/// non-zero; `upright` is the upright film's size. Specks are left out: `smallest_component` as
/// in mask_bounds(). Two bodies
/// side by side are the right lung, which is on the left, and the left lung; anything else is one
/// segment. Empty if nothing is left.
std::vector<LungSegment> lung_segments(const cv::Mat& mask, cv::Size upright,
                                       const DicomSource& source, double smallest_component);

}  // namespace cxr
