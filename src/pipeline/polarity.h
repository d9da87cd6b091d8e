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
/// Images that are brighter in the lungs than around are segmented inverted, too; which is a
/// negative if its lungs are brighter by more than 8 grey levels than those of its inverse, and
/// those are trusted (see find_lung_box() and is_trusted()). Dense pneumonia makes lungs brighter
/// than what is around them in either.
std::vector<bool> turn_negatives(const Network& segmenter, std::vector<cv::Mat>& images,
                                 std::vector<Segmentation>& segmentations,
                                 double smallest_component);

}  // namespace cxr
