#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cxr/evaluate.h"
#include "evaluation_data.h"

namespace cxr {

// What all evaluations share. An `Image` is the outcome for one row of the data; its `error` is
// empty on success.

struct Failure {
  std::string name;
  std::string error;
};

/// The facts of a run that each report states.
struct EvaluationRun {
  const EvaluationRequest& request;
  std::vector<std::pair<std::string, std::string>> evaluated;  ///< kind and file: model, results
  std::size_t left_out = 0;                                    ///< rows of other splits
  std::size_t images = 0;                                      ///< including failed ones
  std::size_t patients = 0;                                    ///< of the images that did not fail
  std::vector<Failure> failures;
};

/// The figures of the images that have one value in a column.
template <typename Measures>
struct Group {
  std::string value;
  Measures measures;
};

/// The figures of each group of a column.
template <typename Measures>
struct ColumnGroups {
  std::string column;
  std::vector<Group<Measures>> groups;
};

/// An image that the report shows because the model did badly on it.
struct WorstCase {
  std::size_t image = 0;
  std::string picture;  ///< relative to the report; empty if there is none
};

/// The rows whose image did not fail.
template <typename Image>
std::vector<std::size_t> good_rows(const std::vector<Image>& images) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].error.empty()) rows.push_back(i);
  }
  return rows;
}

/// The facts of a run; `patients` is left 0.
template <typename Image>
EvaluationRun run_of(const EvaluationRequest& request, const EvaluationData& data,
                     const std::vector<Image>& images,
                     std::vector<std::pair<std::string, std::string>> evaluated) {
  EvaluationRun run{.request = request,
                    .evaluated = std::move(evaluated),
                    .left_out = data.left_out.size(),
                    .images = images.size(),
                    .patients = 0,
                    .failures = {}};
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!images[i].error.empty()) run.failures.push_back({data.rows[i].name, images[i].error});
  }
  return run;
}

/// The figures of each group of each column in break_down(): `measure(rows)`.
template <typename Measures, typename MeasureRows>
std::vector<ColumnGroups<Measures>> measure_by_column(const EvaluationData& data,
                                                      const std::vector<std::size_t>& rows,
                                                      const MeasureRows& measure) {
  std::vector<ColumnGroups<Measures>> by_column;
  for (const auto& [column, groups] : break_down(data, rows)) {
    auto& of_column = by_column.emplace_back(ColumnGroups<Measures>{column, {}});
    for (const auto& [value, members] : groups) {
      of_column.groups.push_back({value, measure(members)});
    }
  }
  return by_column;
}

}  // namespace cxr
