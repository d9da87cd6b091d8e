#include "cxr/configuration.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "cxr/colormap.h"
#include "cxr/error.h"

namespace cxr {
namespace {

using nlohmann::json;

/// Reads the keys of one JSON object, and says which one is wrong.
class Keys {
 public:
  /// `allowed` are the keys the object may have, `prefix` is what leads to it, such as `heatmap.`.
  Keys(const json& object, std::filesystem::path file, std::string prefix,
       const std::vector<std::string>& allowed)
      : object_(object), file_(std::move(file)), prefix_(std::move(prefix)) {
    for (const auto& [key, value] : object_.items()) {
      if (std::ranges::find(allowed, key) == allowed.end()) {
        fail(key, "is not known; known are " + join(allowed));
      }
    }
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw UsageError("configuration", file_.string(), prefix_ + key + ": " + what);
  }

  bool has(const std::string& key) const { return object_.contains(key); }
  const json& get(const std::string& key) const { return object_.at(key); }

  Keys object(const std::string& key, const std::vector<std::string>& allowed) const {
    if (!get(key).is_object()) fail(key, "must be an object");
    return {get(key), file_, prefix_ + key + ".", allowed};
  }

  void read(const std::string& key, int& value, int least, int most) const {
    if (!has(key)) return;
    const json& number = get(key);
    if (!number.is_number_integer() || !in_range(number, least, most)) {
      fail(key, "must be a whole number" + range(least, most));
    }
    value = number.get<int>();
  }

  void read(const std::string& key, double& value, double least, double most) const {
    if (!has(key)) return;
    const json& number = get(key);
    if (!number.is_number() || !in_range(number, least, most)) {
      fail(key, "must be a number" + range(least, most));
    }
    value = number.get<double>();
  }

  /// The place of the value in `names`, which it must be one of.
  std::size_t choice(const std::string& key, const std::vector<std::string>& names) const {
    const json& name = get(key);
    const auto found =
        std::ranges::find_if(names, [&](const auto& known) { return name == known; });
    if (found == names.end()) fail(key, "must be one of " + join(names));
    return static_cast<std::size_t>(found - names.begin());
  }

  std::filesystem::path path(const std::string& key) const {
    if (!has(key)) fail(key, "is missing");
    const std::string path = get(key).is_string() ? get(key).get<std::string>() : "";
    if (path.empty()) fail(key, "must be the path of a model file");
    return file_.parent_path() / path;
  }

 private:
  static bool in_range(const json& number, double least, double most) {
    return number.get<double>() >= least && number.get<double>() <= most;
  }
  static std::string range(double least, double most) {
    std::ostringstream text;
    text << " from " << least << " to " << most;
    return text.str();
  }

  const json& object_;
  std::filesystem::path file_;
  std::string prefix_;
};

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
void refuse_unknown_fields(const Keys& model) {
  const json known = to_json(Contract{});
  const Keys contract = model.object("contract", keys_of(known));
  if (contract.has("input")) contract.object("input", keys_of(known.at("input")));
}

ModelSource read_model(const Keys& keys, const std::string& key, Contract::Kind kind) {
  if (!keys.has(key)) keys.fail(key, "is missing; name the model file");
  if (!keys.get(key).is_object()) return {keys.path(key), std::nullopt};

  const Keys model = keys.object(key, {"path", "contract"});
  ModelSource source{model.path("path"), std::nullopt};
  if (!model.has("contract")) return source;
  refuse_unknown_fields(model);
  try {
    source.contract = parse_contract(model.get("contract"), "");
  } catch (const Error& error) {
    keys.fail(key, error.what());
  }
  if (source.contract->kind != kind) {
    model.fail("contract", std::string("kind: must be '") + to_string(kind) + "'");
  }
  return source;
}

HeatmapOptions read_heatmap(const Keys& keys) {
  HeatmapOptions options;
  if (keys.has("cmap")) {
    options.cmap = colormap_names()[keys.choice("cmap", colormap_names())];
  }
  keys.read("xray-opacity", options.xray_opacity, 0, 1);
  keys.read("figsize", options.figsize, 2, 40);
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
  if (!document.is_object()) {
    throw UsageError("configuration", file.string(), "must be a JSON object");
  }
  const Keys keys(
      document, file, "",
      {"segmenter", "classifier", "batch_size", "crop_confidence_threshold", "heatmap"});

  Configuration configuration;
  configuration.segmenter = read_model(keys, "segmenter", Contract::Kind::segmenter);
  configuration.classifier = read_model(keys, "classifier", Contract::Kind::classifier);
  keys.read("batch_size", configuration.batch_size, 1, 1024);
  keys.read("crop_confidence_threshold", configuration.crop_confidence_threshold, 0.0, 1.0);
  if (keys.has("heatmap")) {
    configuration.heatmap = read_heatmap(
        keys.object("heatmap", {"cmap", "xray-opacity", "figsize", "method", "layout"}));
  }
  return configuration;
}

}  // namespace cxr
