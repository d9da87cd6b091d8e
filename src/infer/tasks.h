#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/infer.h"
#include "cxr/inputs.h"

namespace cxr {

/// A picture to be drawn of one radiograph.
struct PictureFile {
  PictureKind kind = PictureKind::overlay;
  std::filesystem::path file;
  std::string told;  ///< its path in an output folder, for the results
};

/// A radiograph to be read, and the pictures that are wanted of it.
struct Task {
  Input input;
  std::vector<PictureFile> pictures;
};

/// Throws UsageError as find_inputs() does, and where a picture would endanger a radiograph.
std::vector<Task> list_tasks(const Configuration& configuration, const InferenceRequest& request);

}  // namespace cxr
