#include "cxr/contract.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "cxr/error.h"

namespace cxr {
namespace {

using nlohmann::json;

constexpr int kMinInput = 32;
constexpr int kMaxInput = 4096;

/// Reads the fields of one JSON object, and says which one is wrong.
class Fields {
 public:
  Fields(const json& object, std::string where, std::string prefix = "")
      : object_(object), where_(std::move(where)), prefix_(std::move(prefix)) {
    if (!object_.is_object()) fail("", "must be an object");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    const std::string field = prefix_ + key;
    throw Error("contract", where_, field.empty() ? what : field + ": " + what);
  }

  /// The value of a field; null where there is none.
  const json& get(const std::string& key) const {
    static const json none;
    const auto found = object_.find(key);
    return found == object_.end() ? none : *found;
  }

  const json& need(const std::string& key) const {
    if (!object_.contains(key)) fail(key, "is missing");
    return get(key);
  }

  Fields object(const std::string& key) const {
    if (!need(key).is_object()) fail(key, "must be an object");
    return {get(key), where_, prefix_ + key + "."};
  }

  std::string text(const std::string& key) const {
    if (!object_.contains(key)) return "";
    if (!get(key).is_string()) fail(key, "must be a string");
    return get(key).get<std::string>();
  }

  /// A whole number from kMinInput to kMaxInput.
  int pixels(const std::string& key) const {
    const json& value = need(key);
    if (!value.is_number_integer() || value.get<double>() < kMinInput ||
        value.get<double>() > kMaxInput) {
      fail(key, "must be a whole number of pixels from 32 to 4096");
    }
    return value.get<int>();
  }

  float finite(const std::string& key, const json& value) const {
    const float number = value.is_number() ? value.get<float>() : NAN;
    if (!std::isfinite(number)) fail(key, "must be a number");
    return number;
  }

 private:
  const json& object_;
  std::string where_;
  std::string prefix_;
};

Contract::Kind parse_kind(const Fields& fields) {
  const json& kind = fields.need("kind");
  if (kind == "segmenter") return Contract::Kind::segmenter;
  if (kind == "classifier") return Contract::Kind::classifier;
  fields.fail("kind", "must be 'segmenter' or 'classifier'");
}

Resize parse_resize(const Fields& fields) {
  const json& resize = fields.need("resize");
  if (resize == "squish") return Resize::squish;
  if (resize == "letterbox") return Resize::letterbox;
  fields.fail("resize", "must be 'squish' or 'letterbox'");
}

int parse_side(const Fields& fields, const std::string& key) {
  const int side = fields.pixels(key);
  if (side % kMinInput != 0) fields.fail(key, "must be a multiple of 32");
  return side;
}

std::array<float, 3> parse_channels(const Fields& fields, const std::string& key) {
  const json& values = fields.need(key);
  if (!values.is_array() || values.size() != 3) fields.fail(key, "must be three numbers");
  std::array<float, 3> channels{};
  for (std::size_t i = 0; i < 3; ++i) channels[i] = fields.finite(key, values[i]);
  return channels;
}

NetworkInput parse_input(const Fields& fields) {
  NetworkInput input;
  input.width = parse_side(fields, "width");
  input.height = parse_side(fields, "height");
  input.resize = parse_resize(fields);
  input.mean = parse_channels(fields, "mean");
  input.std = parse_channels(fields, "std");
  for (const float deviation : input.std) {
    if (deviation <= 0.0F) fields.fail("std", "must be above 0");
  }
  return input;
}

std::vector<std::string> parse_classes(const Fields& fields, Contract::Kind kind) {
  const json& names = fields.need("classes");
  if (!names.is_array()) fields.fail("classes", "must be a list of names");
  std::vector<std::string> classes;
  for (const json& name : names) {
    classes.push_back(name.is_string() ? name.get<std::string>() : "");
    if (classes.back().empty()) fields.fail("classes", "must be names, none of them empty");
  }
  if (std::set(classes.begin(), classes.end()).size() != classes.size()) {
    fields.fail("classes", "must differ from one another");
  }
  if (kind == Contract::Kind::segmenter && classes.size() != 2) {
    fields.fail("classes", "must be two for a segmenter");
  }
  if (classes.size() < 2) fields.fail("classes", "must be at least two");
  return classes;
}

float parse_temperature(const Fields& fields) {
  if (fields.get("temperature").is_null()) return 1.0F;
  const float temperature = fields.finite("temperature", fields.get("temperature"));
  if (temperature <= 0.0F) fields.fail("temperature", "must be above 0");
  return temperature;
}

/// The double that reads like the float: 0.485, not 0.48500001430511475.
double as_written(float value) {
  char text[32];
  const auto written = std::to_chars(std::begin(text), std::end(text), value);
  double result = 0.0;
  std::from_chars(text, written.ptr, result);
  return result;
}

json channels_to_json(const std::array<float, 3>& values) {
  return {as_written(values[0]), as_written(values[1]), as_written(values[2])};
}

}  // namespace

const char* to_string(Contract::Kind kind) {
  return kind == Contract::Kind::segmenter ? "segmenter" : "classifier";
}

Contract parse_contract(const json& document, const std::string& where) {
  const Fields fields(document, where);
  Contract contract;
  contract.kind = parse_kind(fields);
  contract.name = fields.text("name");
  contract.version = fields.text("version");
  contract.input = parse_input(fields.object("input"));
  contract.classes = parse_classes(fields, contract.kind);
  contract.data = fields.text("data");
  contract.licence = fields.text("licence");
  if (!fields.get("enhance_side").is_null()) contract.enhance_side = fields.pixels("enhance_side");
  contract.temperature = parse_temperature(fields);
  return contract;
}

json to_json(const Contract& contract) {
  const NetworkInput& input = contract.input;
  return {{"kind", to_string(contract.kind)},
          {"name", contract.name},
          {"version", contract.version},
          {"input",
           {{"width", input.width},
            {"height", input.height},
            {"resize", input.resize == Resize::squish ? "squish" : "letterbox"},
            {"mean", channels_to_json(input.mean)},
            {"std", channels_to_json(input.std)}}},
          {"classes", contract.classes},
          {"data", contract.data},
          {"licence", contract.licence},
          {"enhance_side", contract.enhance_side ? json(*contract.enhance_side) : json()},
          {"temperature", as_written(contract.temperature)}};
}

}  // namespace cxr
