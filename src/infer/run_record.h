#pragma once

#include <nlohmann/json.hpp>

#include "cxr/configuration.h"
#include "cxr/infer.h"
#include "cxr/pipeline.h"

namespace cxr {

/// Name, version and SHA-256 of both networks.
nlohmann::ordered_json describe_models(const Pipeline& pipeline);

/// All that the results of a run depend on, besides the images.
nlohmann::ordered_json settings_of(const Configuration& configuration,
                                   const InferenceRequest& request, const Pipeline& pipeline);

/// What run.json says of a run beside its settings: the programme and its libraries, where it runs,
/// how it was called, when it began, and what it did until now.
nlohmann::ordered_json run_record(const Configuration& configuration,
                                  const InferenceRequest& request, const Pipeline& pipeline,
                                  const InferenceSummary& summary, double seconds, bool is_over);

}  // namespace cxr
