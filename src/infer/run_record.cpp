#include "run_record.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>

#include "base/format.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "cxr/version.h"
#include "network/threads.h"

namespace cxr {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json network_json(const Network& network) {
  const Contract& contract = network.contract();
  return {{"name", contract.name},
          {"version", contract.version},
          {"sha256", network.sha256()},
          {"precision", name_of(network.precision())}};
}

/// UTC, in the form of ISO 8601.
std::string time_stamp(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return to_utf8(name.data());
}

/// The settings that are not the models'.
ordered_json settings_without_models(const Configuration& configuration,
                                     const InferenceRequest& request) {
  ordered_json values = to_json(configuration);
  // Neither the place of the models nor how much is done at a time changes a result.
  for (const char* key : {"segmenter", "classifier", "batch_size", "device", "threads"}) {
    values.erase(key);
  }
  const PipelineOptions& pipeline = configuration.pipeline;
  values["precision"] = name_of(resolve_precision(pipeline.precision, pipeline.device));
  return {{"configuration", values},
          {"models", ordered_json::object()},
          {"force", request.force},
          {"heat_maps", request.heat_maps},
          {"dicom_uids", request.dicom_uids}};
}

/// Whether an earlier run had this model.
bool is_same(const json& described, const ModelSource& model) {
  const bool is_contract_same =
      !model.contract || to_json(*model.contract) == described.at("contract");
  return is_contract_same && described.at("sha256") == sha256(model.file);
}

}  // namespace

ordered_json describe_models(const Pipeline& pipeline) {
  return {{"segmenter", network_json(pipeline.segmenter())},
          {"classifier", network_json(pipeline.classifier())}};
}

ordered_json settings_of(const Configuration& configuration, const InferenceRequest& request,
                         const Pipeline& pipeline) {
  ordered_json settings = settings_without_models(configuration, request);
  settings["models"] = describe_models(pipeline);
  settings["models"]["segmenter"]["contract"] = to_json(pipeline.segmenter().contract());
  settings["models"]["classifier"]["contract"] = to_json(pipeline.classifier().contract());
  return settings;
}

std::optional<ordered_json> settings_as_in(const json& run, const Configuration& configuration,
                                           const InferenceRequest& request) {
  try {
    const json& models = run.at("settings").at("models");
    if (!is_same(models.at("segmenter"), configuration.pipeline.segmenter) ||
        !is_same(models.at("classifier"), configuration.pipeline.classifier)) {
      return std::nullopt;
    }
    ordered_json settings = settings_without_models(configuration, request);
    settings["models"] = models;
    parse_contract(models.at("classifier").at("contract"), "run.json");
    return settings;
  } catch (const std::exception&) {  // no run.json, or one that was edited
    return std::nullopt;
  }
}

std::string first_difference(const json& old_settings, const json& new_settings) {
  const json difference = json::diff(old_settings, new_settings);
  if (difference.empty()) return "";
  std::string place = difference.front().at("path").get<std::string>();
  if (place.empty()) return "all of them";
  std::ranges::replace(place, '/', '.');
  return place.substr(1);
}

ordered_json describe_shard(const Shard& shard, std::size_t images,
                            const std::string& fingerprint) {
  return {{"index", shard.index},
          {"count", shard.count},
          {"list", {{"images", images}, {"sha256", fingerprint}}}};
}

ordered_json run_record(const Configuration& configuration, const InferenceRequest& request,
                        const Pipeline& pipeline, const InferenceSummary& summary, double seconds,
                        bool is_over) {
  ordered_json libraries;
  for (const auto& [name, version] : library_versions()) libraries[name] = version;
  const char* state = !is_over ? "running" : summary.interrupted ? "interrupted" : "finished";
  const auto now = std::time(nullptr);
  std::error_code ignored;
  std::vector<std::string> command;
  for (const std::string& word : request.command) command.push_back(to_utf8(word));
  return {{"program", "cxr-infer"},
          {"version", version()},
          {"notice", "For research only, not for diagnosis."},
          {"libraries", libraries},
          {"host", host_name()},
          {"device", pipeline.classifier().device()},
          {"cpu", cpu_capability()},
          {"precision", name_of(pipeline.classifier().precision())},
          {"threads", thread_count(configuration.threads)},
          {"command", command},
          {"directory", to_utf8(std::filesystem::current_path(ignored).string())},
          {"configuration", to_json(configuration)},
          {"started", time_stamp(now - static_cast<std::time_t>(seconds))},
          {"seconds", rounded(seconds, 3)},
          {"state", state},
          {"images", summary.images},
          {"done_before", summary.kept},
          {"skipped", summary.skipped},
          {"unsure", summary.unsure},
          {"failed", summary.failed}};
}

}  // namespace cxr
