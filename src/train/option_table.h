#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <type_traits>

#include "cxr/error.h"
#include "cxr/names.h"
#include "cxr/training_options.h"

namespace cxr {

/// Throws UsageError naming the option where `value` is not in its range.
void require_in_range(const OptionInfo& option, double value);

/// The same for each option of a table; see for_each_option().
template <typename Options>
void require_in_range(const Options& options) {
  for_each_option(options, []<typename Value>(const OptionInfo& option, const Value& value) {
    if constexpr (std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>) {
      require_in_range(option, static_cast<double>(value));
    } else if constexpr (std::is_same_v<Value, std::optional<int>>) {
      if (value) require_in_range(option, *value);
    }
  });
}

/// ` NAME=VALUE` of each option of a table that has a value.
template <typename Options>
std::string describe_options(const Options& options) {
  std::ostringstream text;
  for_each_option(options, [&]<typename Value>(const OptionInfo& option, const Value& value) {
    if constexpr (HasNames<Value>) {
      text << ' ' << option.name << '=' << name_of(value);
    } else if constexpr (std::is_same_v<Value, std::optional<int>>) {
      if (value) text << ' ' << option.name << '=' << *value;
    } else {
      text << ' ' << option.name << '=' << value;
    }
  });
  return text.str();
}

}  // namespace cxr
