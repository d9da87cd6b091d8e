#pragma once

#include <filesystem>

#include "plan.h"

namespace cxr {

/// Lists the images of a labelled data set with their splits, labels, sources and patients: a
/// manifest; a folder with `manifest.csv`; with `train.txt`, `test.txt`, `evaluate.txt` and folders
/// of the same names (COVIDx); or CLASS/ or SPLIT/CLASS/ of images. Throws UsageError where it is
/// none of these.
Plan plan_labelled_set(const std::filesystem::path& data);

}  // namespace cxr
