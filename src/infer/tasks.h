#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/infer.h"
#include "cxr/inputs.h"

namespace cxr {

/// A picture to draw of one radiograph, or DICOM objects to make of it.
struct PictureFile {
  PictureKind kind = PictureKind::overlay;
  std::filesystem::path file;  ///< of several DICOM objects: the first, see save_dicom()
  std::string told;            ///< its path in the output folder, for the results
};

/// A radiograph to read, and the pictures to draw of it.
struct Task {
  Input input;
  std::vector<PictureFile> pictures;
  std::size_t place = 0;  ///< in the list of the images of all shards
};

/// What a run does: all images of a list, or a shard of them.
struct TaskList {
  std::vector<Task> tasks;
  std::size_t listed = 0;   ///< images of all shards
  std::string fingerprint;  ///< of a shard's list, see fingerprint_of()
};

/// Throws UsageError as find_inputs() does, and where a picture would endanger a radiograph or be
/// taken for one later.
TaskList list_tasks(const Configuration& configuration, const InferenceRequest& request);

}  // namespace cxr
