#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "draw/drawing.h"
#include "segmentation_report.h"

namespace cxr {

// The plots and pictures of the report.

/// Cumulative distribution of Dice, by the column `source` if there is one.
Drawing draw_dice(const SegmentationReport& report);

/// Dice against Estimated Quality, by source likewise.
Drawing draw_quality(const SegmentationReport& report);

/// Draws the contours of the true and the predicted mask (CV_8UC1 of the image's size) over the
/// image, with a title and a legend. CV_8UC3, about 800 pixels large.
cv::Mat draw_masks(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted,
                   const std::string& title);

}  // namespace cxr
