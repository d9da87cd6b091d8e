#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

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

/// The first place where two settings differ, `configuration.heatmap.cmap`; empty where they do
/// not.
std::string first_difference(const nlohmann::json& old_settings,
                             const nlohmann::json& new_settings);

/// A shard of a list of `images`, as part of the settings: only the same one can be resumed.
nlohmann::ordered_json describe_shard(const Shard& shard, std::size_t images,
                                      const std::string& fingerprint);

/// run.json without its settings: program and libraries, host, command line, start, counts.
nlohmann::ordered_json run_record(const Configuration& configuration,
                                  const InferenceRequest& request, const Pipeline& pipeline,
                                  const InferenceSummary& summary, double seconds, bool is_over);

}  // namespace cxr
