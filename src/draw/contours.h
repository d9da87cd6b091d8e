#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "palette.h"

namespace cxr {

inline const cv::Scalar& kTrueMask = kOrange;
inline const cv::Scalar& kPredictedMask = kSkyBlue;

/// Draws the outlines of a mask (CV_8UC1, 0 or 255, any size) over a picture of CV_8UC3.
void draw_contour(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& color, int width);

/// The same for a true and a predicted mask. The true contour is wider, so that both are seen where
/// they agree.
void draw_contours(cv::Mat& picture, const cv::Mat& truth, const cv::Mat& predicted);

/// What a colour of contours means.
struct ContourKey {
  std::string name;
  cv::Scalar color;
};

/// `true mask`, `predicted mask`.
std::vector<ContourKey> both_masks();

/// Draws lines in the contours' colours into a strip, from the left, each with its name to the
/// right in capitals of `height` pixels.
void draw_contour_keys(cv::Mat strip, const std::vector<ContourKey>& keys, int height);

}  // namespace cxr
