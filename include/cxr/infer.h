#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>

#include "cxr/configuration.h"

namespace cxr {

/// What is to be read, and where the pictures go.
struct InferenceRequest {
  std::filesystem::path radiographs;              ///< an image or a folder of them
  std::optional<std::filesystem::path> pictures;  ///< folder for NAME.png and results.csv
};

struct InferenceSummary {
  std::size_t images = 0;
  std::size_t failed = 0;
};

/// Called after each batch: images done, images in all.
using InferenceProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Reads and judges radiographs batch by batch, writes the results table (CSV, see
/// result_columns()) to `table` as it goes, and, where asked, a picture of each and the same table
/// as `results.csv`. The models are loaded once. Where there is nothing to read, nothing is
/// written and no model is loaded.
///
/// An image that cannot be read, or whose picture cannot be written, is a row with its error.
/// Throws UsageError for a path that does not exist or pictures to be put among the radiographs,
/// Error for models that cannot be used and outputs that cannot be written.
InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress);

}  // namespace cxr
