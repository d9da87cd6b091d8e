#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cxr/error.h"

namespace cxr {

/// Reads the fields of a JSON object, which must outlive it. A field that is wrong throws
/// `Failure`, an Error: `stage: where: field: what is allowed`.
template <typename Failure>
class JsonReader {
 public:
  using json = nlohmann::json;

  JsonReader(const json& object, std::string stage, std::string where)
      : JsonReader(object, std::move(stage), std::move(where), "") {
    if (!object_.is_object()) throw Failure(stage_, where_, "must be a JSON object");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw Failure(stage_, where_, prefix_ + key + ": " + what);
  }

  void refuse_others_than(const std::vector<std::string>& known) const {
    for (const auto& [key, value] : object_.items()) {
      if (std::ranges::find(known, key) == known.end()) {
        fail(key, "unknown key; allowed: " + join(known));
      }
    }
  }

  bool has(const std::string& key) const { return object_.contains(key); }

  /// The value of a field; null where there is none.
  const json& find(const std::string& key) const {
    static const json none;
    const auto found = object_.find(key);
    return found == object_.end() ? none : *found;
  }

  const json& need(const std::string& key) const {
    if (!has(key)) fail(key, "is missing");
    return find(key);
  }

  JsonReader object(const std::string& key) const {
    if (!need(key).is_object()) fail(key, "must be an object");
    return {find(key), stage_, where_, prefix_ + key + "."};
  }

  /// Empty where the field is missing.
  std::string text(const std::string& key) const {
    if (!has(key)) return "";
    if (!find(key).is_string()) fail(key, "must be a string");
    return find(key).template get<std::string>();
  }

  int whole(const std::string& key, int least, int most,
            const std::string& what = "a whole number") const {
    const json& number = need(key);
    if (!number.is_number_integer() || !in_range(number, least, most)) {
      fail(key, "must be " + what + range(least, most));
    }
    return number.template get<int>();
  }

  double number(const std::string& key, double least, double most) const {
    const json& number = need(key);
    if (!number.is_number() || !in_range(number, least, most)) {
      fail(key, "must be a number" + range(least, most));
    }
    return number.template get<double>();
  }

  /// The index in `names` of the value, which must be one of them.
  std::size_t choice(const std::string& key, const std::vector<std::string>& names) const {
    const json& name = need(key);
    const auto found =
        std::ranges::find_if(names, [&](const auto& known) { return name == known; });
    if (found == names.end()) fail(key, "must be one of " + join(names));
    return static_cast<std::size_t>(found - names.begin());
  }

 private:
  JsonReader(const json& object, std::string stage, std::string where, std::string prefix)
      : object_(object),
        stage_(std::move(stage)),
        where_(std::move(where)),
        prefix_(std::move(prefix)) {}

  static bool in_range(const json& number, double least, double most) {
    return number.get<double>() >= least && number.get<double>() <= most;
  }
  static std::string range(double least, double most) {
    std::ostringstream text;
    text << " from " << least << " to " << most;
    return text.str();
  }

  const json& object_;
  std::string stage_;
  std::string where_;
  std::string prefix_;
};

}  // namespace cxr
