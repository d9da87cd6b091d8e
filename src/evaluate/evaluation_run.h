#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "evaluation_data.h"
#include "network/threads.h"
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
EvaluationRun record_of(const EvaluationRequest& request, const EvaluationData& data,
                        const std::vector<Image>& images) {
  EvaluationRun run{.request = request,
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

/// Judges some rows, on all threads: `judge(rows)` gives a vector with what is seen in each, of
/// which `outcome_of(row, seen)` keeps what is wanted. `use(row, outcome)` gets it in order. Tells
/// of progress.
template <typename Judge, typename OutcomeOf, typename Use>
void judge_rows(const Configuration& configuration, const std::vector<std::size_t>& rows,
                const std::string& what, const EvaluationProgress& progress, const Judge& judge,
                const OutcomeOf& outcome_of, const Use& use) {
  const auto work = [&](std::span<const std::size_t> some) {
    const auto seen = judge(some);
    std::vector<decltype(outcome_of(some[0], seen[0]))> outcomes;
    for (std::size_t i = 0; i < some.size(); ++i) outcomes.push_back(outcome_of(some[i], seen[i]));
    return outcomes;
  };
  const OneCoreEach one_core_each;
  std::size_t done = 0;
  run_stream(rows,
             {.threads = thread_count(configuration.threads),
              .batch_size = configuration.batch_size,
              .begin_thread = OneCoreEach::begin_thread},
             work, [&](std::size_t row, auto&& outcome) {
               use(row, outcome);
               if (progress) progress(what, ++done, rows.size());
               return true;
             });
}

}  // namespace cxr
