#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bootstrap.h"

namespace cxr {

/// The first row is the header.
using TextTable = std::vector<std::vector<std::string>>;

/// How an undefined measure is written.
inline constexpr const char* kUndefined = "–";

/// `0.882`, or `–` if undefined.
std::string format_measure(const Measure& measure, int decimals = 3);
/// `0.882 (0.861–0.901)`.
std::string format_measure(const Estimate& estimate, int decimals = 3);

/// A number, or null if undefined.
nlohmann::ordered_json measure_json(const Measure& measure);
/// `{"value": …, "low": …, "high": …}`, null where undefined.
nlohmann::ordered_json measure_json(const Estimate& estimate);

/// A Markdown table: the first column is aligned left, the others right.
std::string markdown_table(const TextTable& table);
/// A table for a terminal, aligned likewise.
std::string plain_table(const TextTable& table);
/// A name as inline code, so that Markdown does not interpret its characters.
std::string markdown_code(const std::string& name);

}  // namespace cxr
