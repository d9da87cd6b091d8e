#pragma once

#include <string>
#include <vector>

#include "base/stream.h"
#include "cxr/error.h"
#include "cxr/train.h"
#include "network/threads.h"
#include "read/manifest.h"

namespace cxr {

enum class Part { training, validation, held_out };

/// A row of a manifest, and what it is used for.
struct ExampleRow {
  const ManifestRow* row = nullptr;
  Part part = Part::training;
};

/// The rows that training uses: those of the splits `train` and `val`. They refer to `rows`. Throws
/// Error where none is left for validation.
std::vector<ExampleRow> choose_rows(const TrainingOptions& options,
                                    const std::vector<ManifestRow>& rows);

/// Runs a step for a row; what it throws names the row's line.
template <typename Step>
auto with_line(const ManifestRow& row, const Step& step) {
  try {
    return step();
  } catch (const Error& error) {
    throw Error("training", row.manifest.string(),
                "line " + std::to_string(row.line) + ": " + error.what());
  }
}

/// Takes rows through `work(span of rows)`, which gives a vector with an example of each, on all
/// cores, and hands them to `use(row, example)` in order. Tells the listener of progress.
template <typename Work, typename Use>
void load_examples(const std::vector<ExampleRow>& rows, const TrainingListener& listener,
                   const Work& work, const Use& use) {
  constexpr int kBatch = 8;
  const OneCoreEach one_core_each;
  std::size_t done = 0;
  run_stream(
      rows,
      {.threads = thread_count(0), .batch_size = kBatch, .begin_thread = OneCoreEach::begin_thread},
      work, [&](const ExampleRow& row, auto&& example) {
        use(row, example);
        if (listener.progress) listener.progress("reading images", ++done, rows.size(), "");
        return true;
      });
}

}  // namespace cxr
