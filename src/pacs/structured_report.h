#pragma once

#include "dicom_results.h"
#include "lung_segments.h"

namespace cxr {

/// See dicom_results(). `segments` are those of the segmentation object; none if there is none.
std::string structured_report(const DicomSource& source, const Result& result,
                              const std::vector<std::string>& notes,
                              const std::vector<LungSegment>& segments, const JudgedBy& judged_by);

}  // namespace cxr
