#pragma once

#include "classification_report.h"
#include "draw/drawing.h"

namespace cxr {

// The plots of the report.

Drawing draw_confusion(const ClassificationReport& report);

/// ROC curves of each class against the rest, with their bootstrap bands.
Drawing draw_roc(const ClassificationReport& report);

/// Precision-recall curves of each class against the rest.
Drawing draw_precision_recall(const ClassificationReport& report);

/// Reliability diagram above the number of images in each of its bins.
Drawing draw_reliability(const ClassificationReport& report);

}  // namespace cxr
