#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>

#include "cxr/configuration.h"
#include "cxr/inference_request.h"

namespace cxr {

/// Called after each batch: images done, images in all, failures so far. Where it returns false no
/// more are begun.
using InferenceProgress =
    std::function<bool(std::size_t done, std::size_t total, std::size_t failed)>;

/// Reads and judges radiographs batch by batch and writes the results to `table` as they are ready,
/// in the order of the inputs, and, where asked, to a folder. The models are loaded once. Where
/// there is nothing to read, nothing is written and no model is loaded.
///
/// An image that is skipped or cannot be read, or whose picture cannot be written, is a row with
/// its error. What was finished is not lost when the process is killed: `output` can be resumed.
/// Throws UsageError for a path that does not exist, pictures to be put among the radiographs and
/// an `output` that cannot be used, Error for models that cannot be used and outputs that cannot be
/// written.
InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress);

}  // namespace cxr
