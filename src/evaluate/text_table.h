#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evaluation_data.h"
#include "metrics/bootstrap.h"

namespace cxr {

/// The first row is the header.
using TextTable = std::vector<std::vector<std::string>>;

/// `0.882`, or `–` where undefined.
std::string format_measure(const Measure& measure, int decimals = 3);
/// `0.882 (0.861–0.901)`.
std::string format_measure(const Estimate& estimate, int decimals = 3);

/// A table as Markdown: the first column to the left, the others to the right.
std::string markdown_table(const TextTable& table);
/// A table for a terminal, its columns aligned likewise.
std::string plain_table(const TextTable& table);
/// A name in running Markdown text, so that none of its letters is taken for markup.
std::string markdown_code(const std::string& name);

/// A group of a break-down by a column, which may be empty.
inline std::string group_name(const std::string& value) { return value.empty() ? "(none)" : value; }

nlohmann::ordered_json to_json(const Measure& measure);
/// `{"value": …, "low": …, "high": …}`, with null where undefined.
nlohmann::ordered_json to_json(const Estimate& estimate);

/// Writes whole or not at all.
void write_text(const std::filesystem::path& file, const std::string& text);

struct Failure {
  std::string name;
  std::string error;
};

/// What every report says of the run behind it.
struct EvaluationRun {
  const EvaluationRequest& request;
  std::vector<std::pair<std::string, std::string>> judges;  ///< what judged: kind and file
  std::size_t left_out = 0;                                 ///< rows of other splits
  std::size_t images = 0;                                   ///< failed ones too
  std::size_t patients = 0;                                 ///< of those that did not fail
  std::vector<Failure> failures;
};

/// Markdown: what was evaluated on what.
std::string describe(const EvaluationRun& run);
/// A Markdown section that lists the failures; empty where there are none.
std::string failure_section(const EvaluationRun& run);
nlohmann::ordered_json to_json(const EvaluationRun& run);

}  // namespace cxr
