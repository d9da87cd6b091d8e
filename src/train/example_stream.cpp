#include "example_stream.h"

#include <algorithm>

namespace cxr {

std::vector<ExampleRow> choose_rows(const TrainingOptions& options,
                                    const std::vector<ManifestRow>& rows) {
  std::vector<ExampleRow> chosen;
  for (const ManifestRow& row : rows) {
    if (row.split != "train" && row.split != "val") continue;
    const bool held_out = std::ranges::find(options.hold_out, row.source) != options.hold_out.end();
    const Part part = row.split == "train" ? Part::training : Part::validation;
    chosen.push_back({&row, held_out ? Part::held_out : part});
  }
  if (std::ranges::find(chosen, Part::validation, &ExampleRow::part) == chosen.end()) {
    throw Error("training", options.manifests.front().string(), "has no row with split `val`");
  }
  return chosen;
}

}  // namespace cxr
