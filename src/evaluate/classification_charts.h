#pragma once

#include <opencv2/core.hpp>

#include "classification_report.h"

namespace cxr {

// The pictures of the report, CV_8UC3.

cv::Mat draw_confusion(const ClassificationReport& report);

/// ROC curves of each class against the rest, with their bootstrap bands.
cv::Mat draw_roc(const ClassificationReport& report);

/// Precision-recall curves of each class against the rest.
cv::Mat draw_precision_recall(const ClassificationReport& report);

/// Reliability diagram above the number of images in each of its bins.
cv::Mat draw_reliability(const ClassificationReport& report);

}  // namespace cxr
