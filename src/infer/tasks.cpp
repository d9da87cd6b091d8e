#include "tasks.h"

#include <set>
#include <system_error>

#include "cxr/error.h"
#include "saved_pictures.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// Results must not endanger radiographs: pictures among them would be read as such the next time;
/// a link may make one of them a picture's place.
void require_safe(const fs::path& folder, const std::string& option,
                  const std::vector<Task>& tasks) {
  std::error_code failure;
  std::set<fs::path> radiographs, folders;
  for (const Task& task : tasks) {
    radiographs.insert(fs::weakly_canonical(task.input.file, failure));
    folders.insert(fs::weakly_canonical(fs::absolute(task.input.file).parent_path(), failure));
  }
  if (folders.contains(fs::weakly_canonical(folder, failure))) {
    throw UsageError("write", folder.string(),
                     "is a folder of the radiographs; choose another " + option);
  }
  for (const Task& task : tasks) {
    for (const PictureFile& picture : task.pictures) {
      if (radiographs.contains(fs::weakly_canonical(picture.file, failure))) {
        throw UsageError("write", picture.file.string(),
                         "a picture would overwrite this radiograph; choose another " + option);
      }
    }
  }
}

}  // namespace

std::vector<Task> list_tasks(const Configuration& configuration, const InferenceRequest& request) {
  const auto& folder = request.output ? request.output : request.pictures;
  const std::vector<Input> inputs =
      find_inputs(request.radiographs, {.recursive = request.recursive,
                                        .keep_missing = request.keep_missing,
                                        .left_out = folder.value_or(fs::path())});
  const std::vector<std::string> names = picture_names(inputs);
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Task& task = tasks.emplace_back(inputs[i], std::vector<PictureFile>());
    if (request.pictures) {
      const bool is_overlay = configuration.heatmap.layout == Layout::overlay;
      task.pictures.push_back({is_overlay ? PictureKind::overlay : PictureKind::panels,
                               *request.pictures / names[i], names[i]});
    }
    if (request.output) {
      for (const PictureKind kind : request.save) {
        const std::string told = std::string(folder_of(kind)) + "/" + names[i];
        task.pictures.push_back({kind, *request.output / told, told});
      }
    }
  }
  if (request.pictures) require_safe(*request.pictures, "--heatmappath", tasks);
  if (request.output) require_safe(*request.output, "--output", tasks);
  return tasks;
}

}  // namespace cxr
