#pragma once

#include "dicom_results.h"
#include "lung_segments.h"

namespace cxr {

/// See dicom_results(). `segments` are one or more.
std::string segmentation(const DicomSource& source, const std::vector<LungSegment>& segments,
                         const JudgedBy& judged_by);

}  // namespace cxr
