#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "json_text.h"

namespace cxr {

/// JSON as one line. Never throws, even if a text is not UTF-8.
inline std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// Calls `use(line, object)` for each line of a file that is a whole JSON object; other
/// lines, such as one that breaks off, are skipped.
template <typename Use>
void for_each_json_line(const std::filesystem::path& file, const Use& use) {
  std::ifstream stream(file, std::ios::binary);
  for (std::string line; std::getline(stream, line);) {
    const auto object = parse_json(line);
    if (object.is_object()) use(line + "\n", object);
  }
}

}  // namespace cxr
