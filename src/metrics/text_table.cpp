#include "text_table.h"

#include <algorithm>

#include "base/format.h"
#include "base/utf8.h"

namespace cxr {
namespace {

std::string escaped_cell(const std::string& cell) {
  std::string result;
  for (const char c : cell) {
    if (c == '|' || c == '\\' || c == '<' || c == '*' || c == '`') result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result;
}

}  // namespace

std::string format_measure(const Measure& measure, int decimals) {
  return measure ? fixed(*measure, decimals) : kUndefined;
}

std::string format_measure(const Estimate& estimate, int decimals) {
  std::string value = format_measure(estimate.value, decimals);
  if (!estimate.interval) return value;
  return value + " (" + fixed(estimate.interval->low, decimals) + "–" +
         fixed(estimate.interval->high, decimals) + ")";
}

std::string markdown_table(const TextTable& table) {
  std::string result;
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (const std::string& cell : table[i]) result += "| " + escaped_cell(cell) + " ";
    result += "|\n";
    if (i > 0) continue;
    for (std::size_t column = 0; column < table[i].size(); ++column) {
      result += column == 0 ? "|---" : "|---:";
    }
    result += "|\n";
  }
  return result;
}

std::string plain_table(const TextTable& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string result;
  for (const auto& row : table) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blank(widths[i] - display_width(row[i]), ' ');
      line += i == 0 ? row[i] + blank : "  " + blank + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + '\n';
  }
  return result;
}

std::string markdown_code(const std::string& name) {
  std::string inside = name;
  std::ranges::replace(inside, '`', '\'');
  std::ranges::replace(inside, '\n', ' ');
  return "`" + inside + "`";
}

nlohmann::ordered_json measure_json(const Measure& measure) {
  if (!measure) return nullptr;
  return *measure;
}

nlohmann::ordered_json measure_json(const Estimate& estimate) {
  nlohmann::ordered_json json{
      {"value", measure_json(estimate.value)}, {"low", nullptr}, {"high", nullptr}};
  if (estimate.interval) {
    json["low"] = estimate.interval->low;
    json["high"] = estimate.interval->high;
  }
  return json;
}

}  // namespace cxr
