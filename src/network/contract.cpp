#include "cxr/contract.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json_reader.h"
#include "cxr/error.h"

namespace cxr {
namespace {

using nlohmann::json;

constexpr int kMinInput = 32;
constexpr int kMaxInput = 4096;

using Fields = JsonReader<Error>;

int read_pixels(const Fields& fields, const std::string& key) {
  return fields.whole(key, kMinInput, kMaxInput, "a whole number of pixels");
}

std::optional<int> read_optional_pixels(const Fields& fields, const std::string& key) {
  if (fields.find(key).is_null()) return std::nullopt;
  return read_pixels(fields, key);
}

float as_finite(const Fields& fields, const std::string& key, const json& value) {
  const float number = value.is_number() ? value.get<float>() : NAN;
  if (!std::isfinite(number)) fields.fail(key, "must be a number");
  return number;
}

/// The value of a field that is one of an enum's words.
template <typename Enum>
Enum parse_name(const Fields& fields, const std::string& key) {
  const std::vector<std::string> words = all_names<Enum>();
  return *from_name<Enum>(words[fields.choice(key, words)]);
}

int parse_side(const Fields& fields, const std::string& key) {
  const int side = read_pixels(fields, key);
  if (side % kMinInput != 0) fields.fail(key, "must be a multiple of 32");
  return side;
}

std::array<float, 3> parse_channels(const Fields& fields, const std::string& key) {
  const json& values = fields.need(key);
  if (!values.is_array() || values.size() != 3) fields.fail(key, "must be three numbers");
  std::array<float, 3> channels{};
  for (std::size_t i = 0; i < 3; ++i) channels[i] = as_finite(fields, key, values[i]);
  return channels;
}

NetworkInput parse_input(const Fields& fields) {
  NetworkInput input;
  input.width = parse_side(fields, "width");
  input.height = parse_side(fields, "height");
  input.resize = parse_name<Resize>(fields, "resize");
  if (!fields.find("filter").is_null()) input.filter = parse_name<Filter>(fields, "filter");
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
    fields.fail("classes", "must be distinct");
  }
  if (kind == Contract::Kind::segmenter && classes.size() != 2) {
    fields.fail("classes", "must be two for a segmenter");
  }
  if (classes.size() < 2) fields.fail("classes", "must be at least two");
  return classes;
}

/// Older models state whether their crops kept what lies outside the lungs. Only those that did can
/// be used.
void check_outside_lungs(const Fields& fields) {
  const json& outside = fields.find("outside_lungs");
  if (outside.is_null() || outside == "keep") return;
  fields.fail("outside_lungs", "must be 'keep': lungs are no longer isolated");
}

float parse_temperature(const Fields& fields) {
  if (fields.find("temperature").is_null()) return 1.0F;
  const float temperature = as_finite(fields, "temperature", fields.find("temperature"));
  if (temperature <= 0.0F) fields.fail("temperature", "must be above 0");
  return temperature;
}

/// One number for each class; none where the field is missing.
std::vector<float> parse_of_classes(const Fields& fields, const std::string& key,
                                    std::size_t classes) {
  const json& values = fields.find(key);
  if (values.is_null()) return {};
  if (!values.is_array() || values.size() != classes) {
    fields.fail(key, "must be a number for each class");
  }
  std::vector<float> numbers;
  for (const json& value : values) numbers.push_back(as_finite(fields, key, value));
  return numbers;
}

std::vector<float> parse_conformal(const Fields& fields, std::size_t classes) {
  std::vector<float> thresholds = parse_of_classes(fields, "conformal", classes);
  for (const float threshold : thresholds) {
    if (threshold < 0 || threshold > 1) fields.fail("conformal", "must be from 0 to 1");
  }
  return thresholds;
}

/// The double that reads like the float: 0.485, not 0.48500001430511475.
double as_written(float value) {
  char text[32];
  const auto written = std::to_chars(std::begin(text), std::end(text), value);
  double result = 0.0;
  std::from_chars(text, written.ptr, result);
  return result;
}

/// Null where there are none.
template <typename Numbers>
json numbers_to_json(const Numbers& values) {
  json numbers;
  for (const float value : values) numbers.push_back(as_written(value));
  return numbers;
}

}  // namespace

Contract parse_contract(const json& document, const std::string& where) {
  const Fields fields(document, "contract", where);
  Contract contract;
  contract.kind = parse_name<Contract::Kind>(fields, "kind");
  contract.name = fields.text("name");
  contract.version = fields.text("version");
  contract.input = parse_input(fields.object("input"));
  contract.classes = parse_classes(fields, contract.kind);
  contract.data = fields.text("data");
  contract.licence = fields.text("licence");
  contract.film_side = read_optional_pixels(fields, "film_side");
  contract.enhance_side = read_optional_pixels(fields, "enhance_side");
  check_outside_lungs(fields);
  if (!fields.find("planes").is_null()) contract.planes = parse_name<Planes>(fields, "planes");
  contract.temperature = parse_temperature(fields);
  contract.offsets = parse_of_classes(fields, "offsets", contract.classes.size());
  contract.conformal = parse_conformal(fields, contract.classes.size());
  contract.calibrated_on = fields.text("calibrated_on");
  contract.adapted_from = fields.text("adapted_from");
  contract.adapted_to = fields.text("adapted_to");
  return contract;
}

json to_json(const Contract& contract) {
  const NetworkInput& input = contract.input;
  return {{"kind", name_of(contract.kind)},
          {"name", contract.name},
          {"version", contract.version},
          {"input",
           {{"width", input.width},
            {"height", input.height},
            {"resize", name_of(input.resize)},
            {"filter", name_of(input.filter)},
            {"mean", numbers_to_json(input.mean)},
            {"std", numbers_to_json(input.std)}}},
          {"classes", contract.classes},
          {"data", contract.data},
          {"licence", contract.licence},
          {"film_side", contract.film_side ? json(*contract.film_side) : json()},
          {"enhance_side", contract.enhance_side ? json(*contract.enhance_side) : json()},
          {"planes", name_of(contract.planes)},
          {"temperature", as_written(contract.temperature)},
          {"offsets", numbers_to_json(contract.offsets)},
          {"conformal", numbers_to_json(contract.conformal)},
          {"calibrated_on", contract.calibrated_on},
          {"adapted_from", contract.adapted_from},
          {"adapted_to", contract.adapted_to}};
}

}  // namespace cxr
