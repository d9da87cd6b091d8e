#include "tasks.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "cxr/error.h"
#include "saved_pictures.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

fs::path real_path(const fs::path& path) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(fs::absolute(path.empty() ? "." : path), failure);
  return real.has_filename() ? real : real.parent_path();
}

bool is_within(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

/// Whether a run with `--recursive` searches `folder` when it is told to search `named`: not if a
/// part of the path is hidden.
bool is_searched(const fs::path& named, const fs::path& folder) {
  const auto [rest, at] = std::ranges::mismatch(named, folder);
  if (rest != named.end()) return false;
  return std::none_of(at, folder.end(),
                      [](const fs::path& part) { return part.native().starts_with('.'); });
}

/// Results must not endanger radiographs: pictures among them would be read as radiographs the next
/// time, and a link may make a radiograph the place of a picture.
void require_safe(const fs::path& folder, const std::string& option,
                  const InferenceRequest& request, const std::vector<Task>& tasks) {
  const fs::path real = real_path(folder);
  const auto refuse = [&](const std::string& what) {
    throw UsageError("write", folder.string(), what + "; choose another " + option);
  };
  for (const fs::path& named : request.radiographs) {
    if (!request.recursive || !fs::is_directory(named)) continue;
    if (!is_searched(real_path(named), real)) continue;
    // An output folder is marked by its run.json, and skipped from then on.
    if (!request.output || real == real_path(named)) {
      refuse("lies in a folder of radiographs, where --recursive finds its pictures");
    }
    const bool is_new = fs::is_directory(real) && !holds_results(real);
    if (is_new && !find_inputs({real}, {.recursive = true}).empty()) {
      refuse("has images in it, which would not be processed");
    }
  }
  std::set<fs::path> parents, radiographs, folders, picture_folders, kinds;
  for (const Task& task : tasks) {
    radiographs.insert(real_path(task.input.file));
    parents.insert(task.input.file.parent_path());
    for (const PictureFile& picture : task.pictures) {
      picture_folders.insert(picture.file.parent_path());
      if (request.output) kinds.insert(real / folder_of(picture.kind));
    }
  }
  for (const fs::path& parent : parents) folders.insert(real_path(parent));
  for (const fs::path& kind : kinds) {
    for (const fs::path& each : folders) {
      if (is_within(each, kind))
        refuse("its folder " + kind.filename().string() + " has radiographs in it");
    }
  }
  if (folders.contains(real)) refuse("is a folder of the radiographs");
  for (const Task& task : tasks) {
    for (const PictureFile& picture : task.pictures) {
      if (radiographs.contains(real_path(picture.file))) {
        throw UsageError("write", picture.file.string(),
                         "a picture would overwrite this radiograph; choose another " + option);
      }
    }
  }
  for (const fs::path& pictures : picture_folders) {
    if (folders.contains(real_path(pictures))) {
      refuse("its folder " + pictures.filename().string() + " has radiographs in it");
    }
  }
}

std::vector<PictureFile> pictures_of(const std::string& name, const Configuration& configuration,
                                     const InferenceRequest& request) {
  std::vector<PictureFile> pictures;
  if (request.pictures) {
    const bool is_overlay = configuration.heatmap.layout == Layout::overlay;
    pictures.push_back(
        {is_overlay ? PictureKind::overlay : PictureKind::panels, *request.pictures / name, name});
  }
  if (request.output) {
    for (const PictureKind kind : request.save) {
      const std::string stem = name.substr(0, name.rfind('.'));
      const std::string told = std::string(folder_of(kind)) + "/" + stem + suffix_of(kind);
      pictures.push_back({kind, *request.output / told, told});
    }
  }
  return pictures;
}

}  // namespace

TaskList list_tasks(const Configuration& configuration, const InferenceRequest& request) {
  const auto& folder = request.output ? request.output : request.pictures;
  // With a shard, each of many processes would look at each file.
  const bool trust_names = request.shard && request.keep_missing;
  const std::vector<Input> inputs =
      find_inputs(request.radiographs, {.recursive = request.recursive,
                                        .keep_missing = request.keep_missing,
                                        .trust_names = trust_names,
                                        .left_out = folder.value_or(fs::path()),
                                        .root = request.root});
  // Of all shards, so that no two of them give a picture the same name.
  const std::vector<std::string> names = picture_names(inputs);
  TaskList list;
  list.listed = inputs.size();
  if (request.shard) list.fingerprint = fingerprint_of(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& shard = request.shard;
    if (shard && shard_of(inputs[i].name, shard->count) != shard->index) continue;
    Task& task = list.tasks.emplace_back();
    task.input = inputs[i];
    task.pictures = pictures_of(names[i], configuration, request);
    task.place = i;
  }
  if (request.pictures) require_safe(*request.pictures, "--heatmappath", request, list.tasks);
  if (request.output) require_safe(*request.output, "--output", request, list.tasks);
  return list;
}

}  // namespace cxr
