#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "segmentation_report.h"

namespace cxr {

// The pictures of the report, CV_8UC3.

/// Cumulative distribution of Dice, by the column `source` if there is one.
cv::Mat draw_dice(const SegmentationReport& report);

/// Dice against Estimated Quality, by source likewise.
cv::Mat draw_quality(const SegmentationReport& report);

/// Draws the contours of the true and the predicted mask (CV_8UC1 of the image's size) over the
/// image, with a title and a legend; about 800 pixels large.
cv::Mat draw_contours(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted,
                      const std::string& title);

}  // namespace cxr
