#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace cxr {

/// The first twenty texts, separated by `separator`, and how many more there are.
inline std::string first_of(const std::vector<std::string>& texts, const std::string& separator) {
  constexpr std::size_t kMaxListed = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(texts.size(), kMaxListed); ++i) {
    list.append(i == 0 ? "" : separator).append(texts[i]);
  }
  if (texts.size() <= kMaxListed) return list;
  return list + separator + "and " + std::to_string(texts.size() - kMaxListed) + " more";
}

/// `2 bad rows: line 3: ...; line 7: ...` from the problems of a manifest's rows.
inline std::string bad_rows(const std::vector<std::string>& problems) {
  return std::to_string(problems.size()) + (problems.size() == 1 ? " bad row: " : " bad rows: ") +
         first_of(problems, "; ");
}

}  // namespace cxr
