#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace cxr {

/// Finds things by the path of their image, where one path may have more folders in front than the
/// other: `a.png`, `images/a.png` and `/data/images/a.png` may be the same.
class PathIndex {
 public:
  /// Returns false where the path is there already.
  bool add(const std::string& path, std::size_t place) {
    return places_.try_emplace(backwards(path), place).second;
  }

  /// The place of the whole path; or else of the longest end of it that is there; or else of the
  /// only path that ends with it. None where there is no such path, or several.
  std::optional<std::size_t> find(const std::string& path) const {
    const std::string key = backwards(path);
    for (std::size_t end = key.size(); end != std::string::npos && end > 0;
         end = end > 1 ? key.rfind('/', end - 2) + 1 : 0) {
      const auto found = places_.find(key.substr(0, end));
      if (found != places_.end()) return found->second;
    }
    const auto first = places_.lower_bound(key);
    if (first == places_.end() || !first->first.starts_with(key)) return std::nullopt;
    const auto second = std::next(first);
    if (second != places_.end() && second->first.starts_with(key)) return std::nullopt;
    return first->second;
  }

 private:
  /// `a.png/images/data/` of `data/images/a.png`: what ends alike begins alike.
  static std::string backwards(const std::string& path) {
    std::string key;
    for (const std::filesystem::path& part : std::filesystem::path(path)) {
      if (part != ".") key = part.string() + "/" + key;
    }
    return key;
  }

  std::map<std::string, std::size_t> places_;
};

}  // namespace cxr
