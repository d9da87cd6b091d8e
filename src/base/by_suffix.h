#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace cxr {

/// Finds an image among named ones: by all of its path, or by as much of its end as one of them
/// has (`data/images/a.png` is `images/a.png` or `a.png`); end() where there is none.
template <typename Value>
auto find_by_suffix(const std::map<std::string, Value>& named, const std::string& image) {
  auto found = named.find(image);
  std::filesystem::path rest(image);
  while (found == named.end() && rest.has_parent_path()) {
    const std::filesystem::path shorter =
        rest.relative_path().lexically_relative(*rest.relative_path().begin());
    if (shorter.empty() || shorter == ".") break;
    rest = shorter;
    found = named.find(rest.string());
  }
  return found;
}

}  // namespace cxr
