#include "run_record.h"

#include <ctime>

#include "base/format.h"
#include "cxr/version.h"
#include "network/threads.h"

namespace cxr {
namespace {

using nlohmann::ordered_json;

ordered_json network_json(const Network& network) {
  const Contract& contract = network.contract();
  return {{"name", contract.name}, {"version", contract.version}, {"sha256", network.sha256()}};
}

/// UTC, as ISO 8601 has it.
std::string time_stamp(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

ordered_json describe_models(const Pipeline& pipeline) {
  return {{"segmenter", network_json(pipeline.segmenter())},
          {"classifier", network_json(pipeline.classifier())}};
}

ordered_json settings_of(const Configuration& configuration, const InferenceRequest& request,
                         const Pipeline& pipeline) {
  ordered_json values = to_json(configuration);
  // Neither where the models lie nor how much is done at a time changes a result.
  for (const char* key : {"segmenter", "classifier", "batch_size", "device", "threads"}) {
    values.erase(key);
  }
  ordered_json models = describe_models(pipeline);
  models["segmenter"]["contract"] = to_json(pipeline.segmenter().contract());
  models["classifier"]["contract"] = to_json(pipeline.classifier().contract());
  return {{"configuration", values},
          {"models", models},
          {"force", request.force},
          {"heat_maps", request.heat_maps}};
}

ordered_json run_record(const Configuration& configuration, const InferenceRequest& request,
                        const Pipeline& pipeline, const InferenceSummary& summary, double seconds,
                        bool is_over) {
  ordered_json libraries;
  for (const auto& [name, version] : library_versions()) libraries[name] = version;
  const char* state = !is_over ? "running" : summary.interrupted ? "interrupted" : "finished";
  const auto now = std::time(nullptr);
  return {{"program", "cxr-infer"},
          {"version", version()},
          {"notice", "For research only, not for diagnosis."},
          {"libraries", libraries},
          {"device", pipeline.classifier().device()},
          {"cpu", cpu_capability()},
          {"threads", thread_count(configuration.threads)},
          {"command", request.command},
          {"configuration", to_json(configuration)},
          {"started", time_stamp(now - static_cast<std::time_t>(seconds))},
          {"seconds", rounded(seconds, 3)},
          {"state", state},
          {"images", summary.images},
          {"done_before", summary.kept},
          {"skipped", summary.skipped},
          {"failed", summary.failed}};
}

}  // namespace cxr
