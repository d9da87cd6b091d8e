#pragma once

#include <string>

#include "cxr/infer.h"
#include "cxr/pipeline.h"

namespace cxr {

// What cxr-infer tells the user besides the results; each ends with a line break.

/// File, SHA-256 and contract of both models, as JSON.
std::string model_info(const PipelineOptions& options);

std::string nothing_found(const InferenceRequest& request);

/// Counts and speed; where the report is.
std::string summary_line(const InferenceSummary& summary, const InferenceRequest& request,
                         double seconds);

std::string interruption(const InferenceSummary& summary, const InferenceRequest& request);

}  // namespace cxr
