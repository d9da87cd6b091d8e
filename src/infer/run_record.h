#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "cxr/configuration.h"
#include "cxr/infer.h"
#include "cxr/pipeline.h"

namespace cxr {

/// Name, version and SHA-256 of both networks.
nlohmann::ordered_json describe_models(const Pipeline& pipeline);

/// All that the results of a run depend on, besides the images.
nlohmann::ordered_json settings_of(const Configuration& configuration,
                                   const InferenceRequest& request, const Pipeline& pipeline);

/// The same without loading the models, if they are those of an earlier run (by their SHA-256) and
/// its run.json describes them; otherwise none.
std::optional<nlohmann::ordered_json> settings_as_in(const nlohmann::json& run,
                                                     const Configuration& configuration,
                                                     const InferenceRequest& request);

/// run.json without its settings: program and libraries, machine, command line, start, counts.
nlohmann::ordered_json run_record(const Configuration& configuration,
                                  const InferenceRequest& request, const Pipeline& pipeline,
                                  const InferenceSummary& summary, double seconds, bool is_over);

}  // namespace cxr
