#pragma once

#include <opencv2/core.hpp>

#include "cxr/contract.h"
#include "cxr/lung_box.h"

namespace cxr {

/// The lung mask of a segmenter (CV_8UC1, 0 or 255, at its own resolution) in the pixels of an
/// image of `image_size`: interpolated, then cut at one half.
cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size);

/// Lungs and nothing else, so that neither what surrounds them nor how a hospital exposes and
/// processes its films can be judged: a copy of `image` (CV_8UC1) in which the histogram of the
/// pixels inside `lungs` (CV_8UC1 of its size, lungs non-zero) is equalised, 0 to 255, and
/// everything else is mid-grey. Whatever rising tone curve a film went through, it looks the same.
/// The image as it is where there are no lungs.
cv::Mat isolate_lungs(const cv::Mat& image, const cv::Mat& lungs);

/// What a classifier judges of a radiograph: the part that choose_crop() chooses, in which, where
/// the lungs are trusted, everything outside `lung_mask` (as above) is as `outside` says. The
/// result may share its pixels with `image`.
cv::Mat crop_radiograph(const cv::Mat& image, const LungBox& lungs, const cv::Mat& lung_mask,
                        double threshold, OutsideLungs outside);

}  // namespace cxr
