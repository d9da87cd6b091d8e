#include "cxr/configuration.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/access.h"
#include "base/json_reader.h"
#include "base/json_text.h"
#include "base/suggestion.h"
#include "cxr/error.h"
#include "draw/colormap.h"

namespace cxr {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

using Keys = JsonReader<UsageError>;

constexpr const char* kNative = "native";  // heatmap.figsize
constexpr const char* kEnvironmentPrefix = "CXR_";

template <typename Json>
std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

/// A parser callback that refuses a key given twice, of which the last would count otherwise, and
/// what is nested too deep.
auto refuse_hostile(const std::filesystem::path& file) {
  return [&file, keys = std::map<int, std::set<std::string>>{}](
             int depth, json::parse_event_t event, json& value) mutable {
    if (depth > kMaxJsonDepth) {
      throw UsageError("configuration", file.string(), "is nested too deep");
    }
    if (event == json::parse_event_t::object_start) keys[depth + 1].clear();
    if (event == json::parse_event_t::key) {
      const std::string key = value.get<std::string>();
      if (!keys[depth].insert(key).second) {
        throw UsageError("configuration", file.string(), key + ": appears twice");
      }
    }
    return true;
  };
}

json read_json(const std::filesystem::path& file) {
  if (const std::string why = why_unreadable(file); !why.empty()) {
    throw UsageError("configuration", file.string(), why);
  }
  std::ifstream stream(file);
  constexpr bool kExceptions = true, kComments = true;
  try {
    return json::parse(stream, refuse_hostile(file), kExceptions, kComments);
  } catch (const json::exception& error) {
    // nlohmann's message is `[json.exception.parse_error.101] parse error at line 3, column 7:
    // ...`.
    const std::string what = error.what();
    throw UsageError("configuration", file.string(),
                     "is not JSON: " + what.substr(what.find("] ") + 2));
  }
}

/// A misspelt field in a contract written by hand must not be ignored.
void refuse_unknown_fields(const Keys& contract) {
  const json known = to_json(Contract{});
  std::vector<std::string> keys = keys_of(known);
  keys.emplace_back("outside_lungs");  // older contracts state it; see parse_contract()
  contract.refuse_others_than(keys);
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
    model.fail("contract", std::string("kind: must be '") + name_of(kind) + "'");
  }
  return source;
}

std::string read_device(const Keys& keys) {
  static const std::regex kDevice("auto|cpu|cuda(:[0-9]{1,2})?");
  std::string device = keys.need("device").is_string() ? keys.text("device") : "";
  if (!std::regex_match(device, kDevice)) keys.fail("device", "must be auto, cpu, cuda or cuda:N");
  return device;
}

/// The value of a key whose value is a word of an enum.
template <typename Enum>
void read_name(const Keys& keys, const std::string& key, Enum& value) {
  if (!keys.has(key)) return;
  const std::vector<std::string> names = all_names<Enum>();
  value = *from_name<Enum>(names[keys.choice(key, names)]);
}

std::optional<double> read_figsize(const Keys& keys) {
  const json& size = keys.find("figsize");
  if (size.is_string() && size == kNative) return std::nullopt;
  if (!size.is_number()) keys.fail("figsize", "must be a number from 2 to 40, or native");
  return keys.number("figsize", 2, 40);
}

std::string read_colormap(const Keys& keys) {
  std::string name = keys.text("cmap");
  if (std::ranges::count(colormap_names(), name) == 0) {
    keys.fail("cmap", "'" + name + "' is not a colour map of matplotlib" +
                          did_you_mean(name, colormap_names()));
  }
  return name;
}

void read_heatmap(const Keys& keys, Configuration& configuration) {
  keys.refuse_others_than(keys_of(to_json(Configuration{}).at("heatmap")));
  HeatmapOptions& options = configuration.heatmap;
  if (keys.has("cmap")) {
    options.cmap = read_colormap(keys);
  }
  if (keys.has("xray-opacity")) options.xray_opacity = keys.number("xray-opacity", 0, 1);
  if (keys.has("figsize")) options.figsize = read_figsize(keys);
  read_name(keys, "method", configuration.pipeline.cam_method);
  options.is_even = configuration.pipeline.cam_method == CamMethod::original;
  read_name(keys, "layout", options.layout);
}

/// `where` names the file, or what has changed it, in errors.
Configuration parse_configuration(const json& document, const std::string& where,
                                  const std::filesystem::path& folder) {
  const Keys keys(document, "configuration", where);
  keys.refuse_others_than(keys_of(to_json(Configuration{})));
  Configuration configuration;
  PipelineOptions& pipeline = configuration.pipeline;
  pipeline.segmenter = read_model(keys, "segmenter", Contract::Kind::segmenter, folder);
  pipeline.classifier = read_model(keys, "classifier", Contract::Kind::classifier, folder);
  if (keys.has("batch_size")) configuration.batch_size = keys.whole("batch_size", 1, 1024);
  if (keys.has("crop_confidence_threshold")) {
    pipeline.crop_confidence_threshold = keys.number("crop_confidence_threshold", 0, 1);
  }
  if (keys.has("smallest_component")) {
    pipeline.smallest_component = keys.number("smallest_component", 0, 1);
  }
  if (keys.has("device")) pipeline.device = read_device(keys);
  read_name(keys, "precision", pipeline.precision);
  read_name(keys, "polarity", pipeline.polarity);
  if (keys.has("threads")) configuration.threads = keys.whole("threads", 0, 1024);
  if (keys.has("heatmap")) read_heatmap(keys.object("heatmap"), configuration);
  return configuration;
}

/// `heatmap.cmap` as a JSON pointer.
json::json_pointer pointer_to(std::string key) {
  std::ranges::replace(key, '.', '/');
  return json::json_pointer("/" + key);
}

/// Every key that has one value, `heatmap.cmap`, in the order of to_json().
std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  const ordered_json document = to_json(Configuration{});
  for (const auto& [key, value] : document.items()) {
    if (!value.is_object()) keys.push_back(key);
    if (value.is_object()) {
      for (const auto& [inner, ignored] : value.items()) {
        keys.emplace_back(key).append(".").append(inner);
      }
    }
  }
  return keys;
}

void apply_change(const ConfigurationChange& change, json& document) {
  const std::vector<std::string> keys = all_keys();
  if (std::ranges::find(keys, change.key) == keys.end()) {
    throw UsageError("configuration", change.origin,
                     change.key + ": unknown key; allowed: " + join(keys));
  }
  json value = parse_json(change.value);
  if (value.is_discarded()) value = change.value;
  const bool is_model = change.key == "segmenter" || change.key == "classifier";
  if (is_model && value.is_string() && !change.value.empty()) {
    value = std::filesystem::absolute(value.get<std::string>()).string();
  }
  document[pointer_to(change.key)] = value;
}

std::map<std::string, std::string> origins_in(const json& document, const std::string& file) {
  std::map<std::string, std::string> origins;
  for (const std::string& key : all_keys()) {
    origins[key] = document.contains(pointer_to(key)) ? file : "default";
  }
  return origins;
}

/// The environment variable for `heatmap.xray-opacity`.
std::string environment_name(const std::string& key) {
  std::string name = kEnvironmentPrefix;
  for (const char letter : key) {
    const bool is_letter = std::isalpha(static_cast<unsigned char>(letter)) != 0;
    name += is_letter ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : '_';
  }
  return name;
}

/// All values of a key, if they are words.
std::vector<std::string> words_of(const std::string& key) {
  if (key == "precision") return all_names<Precision>();
  if (key == "polarity") return all_names<Polarity>();
  if (key == "heatmap.cmap") return colormap_names();
  if (key == "heatmap.method") return all_names<CamMethod>();
  if (key == "heatmap.layout") return all_names<Layout>();
  return {};
}

std::string allowed_values(const std::string& key) {
  static const std::map<std::string, std::string> kOthers{
      {"segmenter", "path of a model"},
      {"classifier", "path of a model"},
      {"batch_size", "1 to 1024"},
      {"crop_confidence_threshold", "0 to 1"},
      {"device", "auto, cpu, cuda or cuda:N"},
      {"threads", "0 to 1024; 0: one per core"},
      {"heatmap.xray-opacity", "0 to 1"},
      {"heatmap.figsize", "2 to 40 (inches), or native"}};
  const auto found = kOthers.find(key);
  return found == kOthers.end() ? join(words_of(key)) : found->second;
}

/// The default of a key; empty for a model, which has none.
std::string fallback_of(const std::string& key) {
  const json all = to_json(Configuration{});
  const json& value = all.at(pointer_to(key));
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::string> environment_names() {
  std::vector<std::string> names = all_keys();
  std::ranges::transform(names, names.begin(), environment_name);
  return names;
}

/// A mistyped variable would be ignored otherwise.
void refuse_unknown_variables() {
  const std::vector<std::string> known = environment_names();
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string assignment = *variable;
    const std::string name = assignment.substr(0, assignment.find('='));
    if (!name.starts_with(kEnvironmentPrefix) || std::ranges::count(known, name) > 0) continue;
    throw UsageError("configuration", name,
                     "unknown variable" + did_you_mean(name, known) + "; allowed: " + join(known));
  }
}

ordered_json to_json(const ModelSource& model) {
  std::error_code ignored;  // an empty path stays one
  const std::string path =
      std::filesystem::absolute(model.file, ignored).lexically_normal().string();
  if (!model.contract) return path;
  return {{"path", path}, {"contract", to_json(*model.contract)}};
}

}  // namespace

Configuration load_configuration(const std::filesystem::path& file,
                                 const std::vector<ConfigurationChange>& changes) {
  json document = read_json(file);
  const std::filesystem::path folder = file.parent_path();
  Configuration configuration = parse_configuration(document, file.string(), folder);
  std::map<std::string, std::string> origins = origins_in(document, file.string());
  for (const ConfigurationChange& change : changes) {
    apply_change(change, document);
    configuration = parse_configuration(document, change.origin, folder);
    origins[change.key] = change.origin;
  }
  configuration.origins = std::move(origins);
  return configuration;
}

std::vector<ConfigurationKey> configuration_keys() {
  std::vector<ConfigurationKey> keys;
  for (const std::string& name : all_keys()) {
    keys.push_back(
        {name, environment_name(name), fallback_of(name), words_of(name), allowed_values(name)});
  }
  return keys;
}

std::vector<ConfigurationChange> environment_changes() {
  refuse_unknown_variables();
  std::vector<ConfigurationChange> changes;
  for (const std::string& key : all_keys()) {
    const std::string name = environment_name(key);
    if (const char* value = std::getenv(name.c_str())) changes.push_back({key, value, name});
  }
  return changes;
}

ordered_json to_json(const Configuration& configuration) {
  const PipelineOptions& pipeline = configuration.pipeline;
  const HeatmapOptions& heatmap = configuration.heatmap;
  return {{"segmenter", to_json(pipeline.segmenter)},
          {"classifier", to_json(pipeline.classifier)},
          {"batch_size", configuration.batch_size},
          {"crop_confidence_threshold", pipeline.crop_confidence_threshold},
          {"smallest_component", pipeline.smallest_component},
          {"device", pipeline.device},
          {"precision", name_of(pipeline.precision)},
          {"polarity", name_of(pipeline.polarity)},
          {"threads", configuration.threads},
          {"heatmap",
           {{"cmap", heatmap.cmap},
            {"xray-opacity", heatmap.xray_opacity},
            {"figsize", heatmap.figsize ? json(*heatmap.figsize) : json(kNative)},
            {"method", name_of(pipeline.cam_method)},
            {"layout", name_of(heatmap.layout)}}}};
}

std::string print_configuration(const Configuration& configuration) {
  const auto line = [&](const std::string& indent, const std::string& name, const std::string& key,
                        const ordered_json& value, bool is_last) {
    const auto origin = configuration.origins.find(key);
    return indent + ordered_json(name).dump() + ": " + value.dump() + (is_last ? "" : ",") +
           "  // " + (origin == configuration.origins.end() ? "default" : origin->second) + "\n";
  };
  const ordered_json document = to_json(configuration);
  std::string text = "{\n";
  for (const auto& [key, value] : document.items()) {
    if (key != "heatmap") text += line("  ", key, key, value, false);
  }
  text += "  \"heatmap\": {\n";
  const ordered_json& heatmap = document.at("heatmap");
  std::size_t left = heatmap.size();
  for (const auto& [name, value] : heatmap.items()) {
    text += line("    ", name, "heatmap." + name, value, --left == 0);
  }
  return text + "  }\n}\n";
}

}  // namespace cxr
