#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "cxr/network.h"
#include "segment.h"

namespace cxr {

/// How much brighter a radiograph (CV_8UC1) is inside `lung_mask` (CV_8UC1, any size) than in the
/// ring around it, in grey levels. Air is black on film: it is below 0 in a radiograph and above 0
/// in its negative. None where the mask is empty or leaves no room for a ring.
std::optional<double> lung_brightness(const cv::Mat& radiograph, const cv::Mat& lung_mask);

/// Inverts the images that are certainly negatives, and their segmentations with them.
/// `segmentations` has one for each image, by `segmenter`. Returns which images were inverted.
///
/// Images whose lungs are hardly darker than what is around them, by 3 grey levels or less, are
/// segmented inverted, too; which is a negative if the inverse's lungs are trusted (see
/// find_lung_box() and is_trusted()), and are darker by more than 8 grey levels than those of the
/// image, a difference of quality of 0.01 counting as 1.5 of them. Dense pneumonia makes lungs
/// brighter than what is around them in either.
std::vector<bool> turn_negatives(const Network& segmenter, std::vector<cv::Mat>& images,
                                 std::vector<Segmentation>& segmentations,
                                 double smallest_component);

}  // namespace cxr
