#pragma once

#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>

#include "cxr/augmentation.h"

namespace cxr {

/// The random numbers of one image of a batch.
cv::RNG example_rng(std::uint64_t batch_seed, std::size_t image);

/// A random affine map from pixels of an image to pixels of a target of size `to` that,
/// unaugmented, stretches the part `from` of the image over the target. 2 x 3, CV_64F, for
/// cv::warpAffine.
cv::Mat random_affine(const Augmentation& augmentation, cv::Rect from, cv::Size to, cv::RNG& rng);

/// Changes what lies outside the lungs of a CV_8UC1 image, by the probability `outside`, so that
/// nothing can be learnt from it: moves, blurs, re-tones it, adds grain. `lungs` (CV_8UC1 of its
/// size, 0 or 255) may lack dense areas, so the convex hull of each lung is kept, with a margin
/// that fades out.
cv::Mat random_outside(const Augmentation& augmentation, const cv::Mat& image, const cv::Mat& lungs,
                       cv::RNG& rng);

/// Draws gas in stomach or bowel into a CV_8UC1 image of an upright film, by a probability: dark
/// bubbles close below the diaphragm, mostly on the patient's left. `lungs` (CV_8UC1 of its size, 0
/// or 255) are left as they are.
cv::Mat random_gas(double probability, const cv::Mat& image, const cv::Mat& lungs, cv::RNG& rng);

/// Changes the tones of a CV_8UC1 image: everything from gamma to corners, in that order.
cv::Mat random_tones(const Augmentation& augmentation, const cv::Mat& image, cv::RNG& rng);

}  // namespace cxr
