#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <string>

#include "body_part.h"
#include "turn.h"

namespace cxr {

/// By Patient Orientation (PS3.3, C.7.6.1.1.1): where the rows run to, and where the columns.
/// No turn unless one runs to the left or right and the other to the head or feet.
Turn turn_of(const std::array<std::string, 2>& orientation);

/// The two directions in one word, `L\F`: their letters only.
std::string described(const std::array<std::string, 2>& orientation);

/// Lateral if rows or columns run to the front or back; a frontal film is not recognised by it.
Projection projection_of(const std::array<std::string, 2>& orientation);

/// How far rows and columns are to be stretched, {1, 1} or one of them above 1, so that pixels of
/// this height over width become square: never shrunk, so that no detail is lost. Ratios within 1 %
/// count as square, and those beyond 4 as a mistake.
cv::Size2d stretch_of(double pixel_aspect);

/// The size of an image of `size` that is stretched, then turned.
cv::Size upright_size(cv::Size size, const cv::Size2d& stretch, const Turn& turn);

/// Stretches an image, then turns it.
cv::Mat bring_upright(const cv::Mat& image, const cv::Size2d& stretch, const Turn& turn);

}  // namespace cxr
