#pragma once

#include <span>
#include <vector>

#include "base/stream.h"
#include "cxr/configuration.h"
#include "cxr/evaluate.h"
#include "network/threads.h"

namespace cxr {

/// Runs a model on some rows, on all threads. `process(rows)` returns one output for each row of a
/// batch; `outcome_of(row, output)` reduces it to what is kept. `use(row, outcome)` receives the
/// outcomes in order, on the calling thread. Reports progress.
template <typename Process, typename OutcomeOf, typename Use>
void judge_rows(const Configuration& configuration, const std::vector<std::size_t>& rows,
                const std::string& what, const EvaluationProgress& progress, const Process& process,
                const OutcomeOf& outcome_of, const Use& use) {
  const auto work = [&](std::span<const std::size_t> batch) {
    const auto outputs = process(batch);
    std::vector<decltype(outcome_of(batch[0], outputs[0]))> outcomes;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      outcomes.push_back(outcome_of(batch[i], outputs[i]));
    }
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
