#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "evaluation_data.h"
#include "report.h"

namespace cxr {

// What evaluations have in common. `images` are results, one for each row of the data, that have an
// `error`, empty where all went well.

/// The rows whose image did not fail.
template <typename Image>
std::vector<std::size_t> good_rows(const std::vector<Image>& images) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].error.empty()) rows.push_back(i);
  }
  return rows;
}

/// The record of a run, but for what judged and the patients.
template <typename Image>
RunRecord record_of(const EvaluationRequest& request, const EvaluationData& data,
                    const std::vector<Image>& images) {
  RunRecord run{.request = request,
                .judges = {},
                .left_out = data.left_out.size(),
                .images = images.size(),
                .patients = 0,
                .failures = {}};
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!images[i].error.empty()) run.failures.push_back({data.rows[i].name, images[i].error});
  }
  return run;
}

/// For each column that is broken down by, the figures of each of its groups: `measure(rows)`.
template <typename Group, typename Measuring>
std::vector<std::pair<std::string, std::vector<Group>>> measure_by_column(
    const EvaluationData& data, const std::vector<std::size_t>& rows, const Measuring& measure) {
  std::vector<std::pair<std::string, std::vector<Group>>> by_column;
  for (const auto& [column, groups] : break_down(data, rows)) {
    auto& by = by_column.emplace_back(column, std::vector<Group>());
    for (const auto& [value, members] : groups) by.second.push_back({value, measure(members)});
  }
  return by_column;
}

/// Calls `step` with `size` rows at a time, and tells of progress.
inline void in_batches(const std::vector<std::size_t>& rows, int size, const std::string& what,
                       const EvaluationProgress& progress,
                       const std::function<void(const std::vector<std::size_t>&)>& step) {
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t end = std::min(begin + static_cast<std::size_t>(size), rows.size());
    step({rows.begin() + static_cast<std::ptrdiff_t>(begin),
          rows.begin() + static_cast<std::ptrdiff_t>(end)});
    begin = end;
    if (progress) progress(what, end, rows.size());
  }
}

}  // namespace cxr
