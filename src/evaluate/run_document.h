#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "evaluation_run.h"

namespace cxr {

// The part of a report's documents that is the same for all evaluations.

/// A Markdown list: what was evaluated on which data.
std::string run_summary(const EvaluationRun& run);
/// A Markdown section that lists the failed images; empty if there are none.
std::string failure_section(const EvaluationRun& run);
/// The fields that begin metrics.json.
nlohmann::ordered_json run_json(const EvaluationRun& run);

/// The name of a group for a table; the value may be empty.
inline std::string group_name(const std::string& value) { return value.empty() ? "(none)" : value; }

}  // namespace cxr
