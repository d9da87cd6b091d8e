#pragma once

#include <filesystem>

namespace cxr {

/// Draws the log that cxr-train writes (OUT.csv: `epoch`, and columns of numbers) as a PNG and,
/// with the extension .svg, beside it; each whole or not at all. One panel shows the losses, one
/// the metrics of the validation split, one those of held-out sources; a dashed line marks the
/// epoch of the model that was kept. Empty cells are left out.
///
/// Throws Error naming the log: not readable, without epochs, a cell that is not a number.
void draw_training_curves(const std::filesystem::path& log, const std::filesystem::path& picture);

}  // namespace cxr
