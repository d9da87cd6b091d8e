#include "report.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/format.h"
#include "base/utf8.h"

namespace cxr {
namespace {

const std::string kUndefined = "–";

std::string escaped(const std::string& cell) {
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
    for (const std::string& cell : table[i]) result += "| " + escaped(cell) + " ";
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
      widths[i] = std::max(widths[i], utf8_length(row[i]));
  }
  std::string result;
  for (const auto& row : table) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blank(widths[i] - utf8_length(row[i]), ' ');
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

nlohmann::ordered_json to_json(const Measure& measure) {
  if (!measure) return nullptr;
  return *measure;
}

nlohmann::ordered_json to_json(const Estimate& estimate) {
  nlohmann::ordered_json json{
      {"value", to_json(estimate.value)}, {"low", nullptr}, {"high", nullptr}};
  if (estimate.interval) {
    json["low"] = estimate.interval->low;
    json["high"] = estimate.interval->high;
  }
  return json;
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  AtomicFile whole(file);
  whole.write(text);
  whole.finish();
}

std::string describe(const EvaluationRun& run) {
  std::string result = "**For research only, not for diagnosis.**\n\n- Data: " +
                       markdown_code(run.request.data.string());
  if (run.request.split.empty()) {
    result += ", all rows\n";
  } else {
    result += ", split " + markdown_code(run.request.split) + " (" + std::to_string(run.left_out) +
              " rows of other splits left out)\n";
  }
  result += "- Images: " + std::to_string(run.images);
  if (!run.failures.empty()) {
    result += ", of which " + std::to_string(run.failures.size()) + " failed and do not count";
  }
  result += "; patients: " + std::to_string(run.patients) +
            " (an image without a patient counts as one)\n";
  for (const auto& [kind, file] : run.judges)
    result += "- " + kind + ": " + markdown_code(file) + "\n";
  if (run.request.bootstrap > 0) {
    result += "- In brackets: 95 % intervals of " + std::to_string(run.request.bootstrap) +
              " bootstrap resamples of patients\n";
  }
  return result + "- " + kUndefined +
         " stands for what is undefined, such as the sensitivity for a "
         "class without images\n\n";
}

std::string failure_section(const EvaluationRun& run) {
  if (run.failures.empty()) return "";
  TextTable table{{"Image", "Error"}};
  for (const auto& [name, error] : run.failures) table.push_back({name, error});
  return "## Failed images\n\n" + markdown_table(table) + "\n";
}

nlohmann::ordered_json to_json(const EvaluationRun& run) {
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const auto& [name, error] : run.failures) {
    failures.push_back({{"image", name}, {"error", error}});
  }
  nlohmann::ordered_json json;
  json["data"] = run.request.data.string();
  json["split"] = nullptr;
  if (!run.request.split.empty()) json["split"] = run.request.split;
  for (const auto& [kind, file] : run.judges) json[kind] = file;
  json["images"] = run.images;
  json["failed"] = run.failures.size();
  json["patients"] = run.patients;
  json["bootstrap"] = {{"resamples", run.request.bootstrap}, {"seed", kBootstrapSeed}};
  json["failures"] = std::move(failures);
  return json;
}

}  // namespace cxr
