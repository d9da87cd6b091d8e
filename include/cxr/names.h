#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cxr {

/// A value of an enum and the word for it. Each enum has one table, `names(Enum)`, beside it, from
/// which options, JSON and output take their words.
template <typename Enum>
struct Named {
  Enum value;
  const char* name;
};

/// An enum that has a table of names.
template <typename Enum>
concept HasNames = requires {
  names(Enum{});
};

/// The word for a value.
template <HasNames Enum>
const char* name_of(Enum value) {
  for (const auto& [known, name] : names(Enum{})) {
    if (known == value) return name;
  }
  return "";
}

/// The value that a word stands for; none if it is not in the table.
template <HasNames Enum>
std::optional<Enum> from_name(std::string_view word) {
  for (const auto& [value, name] : names(Enum{})) {
    if (word == name) return value;
  }
  return std::nullopt;
}

/// All words, in the order of the table.
template <HasNames Enum>
std::vector<std::string> all_names() {
  std::vector<std::string> words;
  for (const auto& named : names(Enum{})) words.emplace_back(named.name);
  return words;
}

}  // namespace cxr
