#pragma once

#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>

namespace cxr {

/// Random changes that leave the label as it is, in the ranges given; 0 is none.
struct Augmentation {
  double rotation = 15;      ///< degrees either way
  double scale = 0.25;       ///< relative, either way
  double aspect = 0.2;       ///< relative stretch of one axis
  double shear = 0.1;        ///< tangent
  double shift = 0.1;        ///< of the side
  double mirror = 0.5;       ///< probability
  double quarter_turn = 0;   ///< probability of a turn by 90, 180 or 270 degrees
  double gamma = 0.5;        ///< exponent within 2^-gamma .. 2^gamma
  double contrast = 0.3;     ///< relative, either way
  double brightness = 0.15;  ///< of the full range, either way
  double invert = 0;         ///< probability of a negative
  double noise = 0.03;       ///< standard deviation, of the full range
  double blur = 1.0;         ///< standard deviation in pixels
};

/// The random numbers of one image of a batch.
cv::RNG example_rng(std::uint64_t batch_seed, std::size_t image);

/// A random affine map from pixels of a source of size `from` to pixels of a target of size `to`
/// that, unaugmented, stretches the source over the target. 2 x 3, CV_64F, for cv::warpAffine.
cv::Mat random_affine(const Augmentation& augmentation, cv::Size from, cv::Size to, cv::RNG& rng);

/// Changes the tones of a CV_8UC1 image: gamma, contrast, brightness, blur, noise, negative.
cv::Mat random_tones(const Augmentation& augmentation, const cv::Mat& image, cv::RNG& rng);

}  // namespace cxr
