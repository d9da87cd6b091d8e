#include "cxr/configuration.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "cxr/colormap.h"
#include "cxr/error.h"
#include "json_reader.h"

namespace cxr {
namespace {

using nlohmann::json;

using Keys = JsonReader<UsageError>;

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

/// A parser callback that refuses a key given twice, of which JSON would keep the last.
auto refuse_duplicate_keys(const std::filesystem::path& file) {
  return [&file, keys = std::map<int, std::set<std::string>>{}](
             int depth, json::parse_event_t event, json& value) mutable {
    if (event == json::parse_event_t::object_start) keys[depth + 1].clear();
    if (event == json::parse_event_t::key) {
      const std::string key = value.get<std::string>();
      if (!keys[depth].insert(key).second) {
        throw UsageError("configuration", file.string(), key + ": is given twice");
      }
    }
    return true;
  };
}

json read_json(const std::filesystem::path& file) {
  std::error_code ignored;
  std::ifstream stream(file);
  if (!stream || std::filesystem::is_directory(file, ignored)) {
    throw UsageError("configuration", file.string(), "cannot be opened for reading");
  }
  constexpr bool kExceptions = true, kComments = true;
  try {
    return json::parse(stream, refuse_duplicate_keys(file), kExceptions, kComments);
  } catch (const json::exception& error) {
    // What nlohmann says is `[json.exception.parse_error.101] parse error at line 3, column 7:
    // ...`.
    const std::string what = error.what();
    throw UsageError("configuration", file.string(),
                     "is not JSON: " + what.substr(what.find("] ") + 2));
  }
}

/// A contract written by hand must not lose a field to a slip of the pen.
void refuse_unknown_fields(const Keys& contract) {
  const json known = to_json(Contract{});
  contract.refuse_others_than(keys_of(known));
  if (contract.has("input")) {
    contract.object("input").refuse_others_than(keys_of(known.at("input")));
  }
}

std::filesystem::path read_path(const Keys& keys, const std::string& key,
                                const std::filesystem::path& folder) {
  const std::string path = keys.need(key).is_string() ? keys.text(key) : "";
  if (path.empty()) keys.fail(key, "must be the path of a model file");
  return folder / path;
}

ModelSource read_model(const Keys& keys, const std::string& key, Contract::Kind kind,
                       const std::filesystem::path& folder) {
  if (!keys.has(key)) keys.fail(key, "is missing; name the model file");
  if (!keys.find(key).is_object()) return {read_path(keys, key, folder), std::nullopt};

  const Keys model = keys.object(key);
  model.refuse_others_than({"path", "contract"});
  ModelSource source{read_path(model, "path", folder), std::nullopt};
  if (!model.has("contract")) return source;
  refuse_unknown_fields(model.object("contract"));
  try {
    source.contract = parse_contract(model.find("contract"), "");
  } catch (const Error& error) {
    keys.fail(key, error.what());
  }
  if (source.contract->kind != kind) {
    model.fail("contract", std::string("kind: must be '") + to_string(kind) + "'");
  }
  return source;
}

HeatmapOptions read_heatmap(const Keys& keys) {
  keys.refuse_others_than({"cmap", "xray-opacity", "figsize", "method", "layout"});
  HeatmapOptions options;
  if (keys.has("cmap")) {
    options.cmap = colormap_names()[keys.choice("cmap", colormap_names())];
  }
  if (keys.has("xray-opacity")) options.xray_opacity = keys.number("xray-opacity", 0, 1);
  if (keys.has("figsize")) options.figsize = keys.number("figsize", 2, 40);
  if (keys.has("method")) {
    static constexpr CamMethod kMethods[] = {CamMethod::gradcam, CamMethod::original};
    options.method = kMethods[keys.choice("method", {"gradcam", "original"})];
  }
  if (keys.has("layout")) {
    static constexpr Layout kLayouts[] = {Layout::overlay, Layout::panels};
    options.layout = kLayouts[keys.choice("layout", {"overlay", "panels"})];
  }
  return options;
}

}  // namespace

Configuration load_configuration(const std::filesystem::path& file) {
  const json document = read_json(file);
  const Keys keys(document, "configuration", file.string());
  keys.refuse_others_than(
      {"segmenter", "classifier", "batch_size", "crop_confidence_threshold", "heatmap"});

  const std::filesystem::path folder = file.parent_path();
  Configuration configuration;
  configuration.segmenter = read_model(keys, "segmenter", Contract::Kind::segmenter, folder);
  configuration.classifier = read_model(keys, "classifier", Contract::Kind::classifier, folder);
  if (keys.has("batch_size")) configuration.batch_size = keys.whole("batch_size", 1, 1024);
  if (keys.has("crop_confidence_threshold")) {
    configuration.crop_confidence_threshold = keys.number("crop_confidence_threshold", 0, 1);
  }
  if (keys.has("heatmap")) configuration.heatmap = read_heatmap(keys.object("heatmap"));
  return configuration;
}

}  // namespace cxr
