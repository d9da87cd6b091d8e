#pragma once

#include <opencv2/core.hpp>

namespace cxr {

// The colours of all pictures and charts, BGR.

inline const cv::Scalar kPaper(255, 255, 255);
inline const cv::Scalar kInk(45, 40, 36);

// Okabe and Ito, "Color Universal Design", 2008: distinct for people with colour blindness.
inline const cv::Scalar kBlue(178, 114, 0);
inline const cv::Scalar kVermilion(0, 94, 213);
inline const cv::Scalar kGreen(115, 158, 0);
inline const cv::Scalar kPurple(167, 121, 204);
inline const cv::Scalar kOrange(0, 159, 230);
inline const cv::Scalar kSkyBlue(233, 180, 86);

inline const cv::Scalar kGrey(150, 150, 150);

}  // namespace cxr
