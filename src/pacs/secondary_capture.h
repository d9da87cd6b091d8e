#pragma once

#include "dicom_results.h"

namespace cxr {

/// The picture of a secondary capture, CV_8UC3 (BGR): a banner with the conclusion and the notice
/// that it is for research only, above film, lungs and heat map.
cv::Mat draw_secondary_capture(const Analysis& analysis, const HeatmapOptions& options);

/// See dicom_results().
std::string secondary_capture(const DicomSource& source, const Analysis& analysis,
                              const JudgedBy& judged_by, const HeatmapOptions& options);

}  // namespace cxr
