#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "csv.h"
#include "cxr/error.h"

namespace cxr {

/// The finite decimal number that the text consists of; none if it is anything else.
inline std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// The number in a cell. Throws Error naming file, line and column.
inline double number_in(const CsvTable& table, std::size_t row, std::size_t column) {
  const std::optional<double> value = parse_number(table.rows[row][column]);
  if (value) return *value;
  throw Error("csv", table.file.string(),
              "line " + std::to_string(table.lines[row]) + ": '" + table.rows[row][column] +
                  "' in the column '" + table.header[column] + "' is not a number");
}

}  // namespace cxr
