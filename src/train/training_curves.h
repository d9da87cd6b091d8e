#pragma once

#include <filesystem>

namespace cxr {

/// Draws the log that cxr-train writes (OUT.csv: `epoch`, and columns of numbers) as a PNG, whole
/// or not at all: the columns whose name has `loss` in one panel, the metrics in another. `seconds`
/// and the learning rate are not shown, nor are empty cells.
///
/// Throws Error naming the log: not readable, without epochs, a cell that is not a number.
void draw_training_curves(const std::filesystem::path& log, const std::filesystem::path& picture);

}  // namespace cxr
