#include "resume.h"

#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "base/atomic_file.h"
#include "base/utf8.h"
#include "cxr/error.h"
#include "saved_pictures.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

std::string text_in(const nlohmann::json& run, const char* key) {
  const bool has_text = run.is_object() && run.contains(key) && run.at(key).is_string();
  return has_text ? run.at(key).get<std::string>() : "";
}

/// `directory` is where the earlier run was started.
void require_same_file(const Result& earlier, const Input& input, const fs::path& directory,
                       const fs::path& output) {
  std::error_code ignored;
  const fs::path then = fs::absolute(directory / earlier.file, ignored).lexically_normal();
  const fs::path now = fs::absolute(input.file, ignored).lexically_normal();
  if (then == to_utf8(now.string()) || fs::equivalent(then, now, ignored)) return;
  throw UsageError("output", output.string(),
                   "its result for '" + input.name + "' is that of " + then.string() + ", not of " +
                       now.string() +
                       "; choose another folder, or use --root DIR to name images by their path "
                       "below DIR");
}

void rename_picture(PictureFile& picture, const OutputFolder& output,
                    const std::set<std::string>& taken) {
  const std::string suffix = suffix_of(picture.kind);
  const std::string stem = picture.told.substr(0, picture.told.size() - suffix.size());
  for (int i = 2; taken.contains(picture.told); ++i) {
    picture.told = (stem + "-").append(std::to_string(i)).append(suffix);
  }
  picture.file = output.path() / picture.told;
}

}  // namespace

void prepare_tasks(std::vector<Task>& tasks, const std::vector<std::size_t>& missing,
                   const OutputFolder& output, const nlohmann::json& earlier_run) {
  std::set<std::string> taken;
  for (const Task& task : tasks) {
    const ResultRecord* record = output.find(task.input.name);
    if (record != nullptr) {
      require_same_file(record->result, task.input, text_in(earlier_run, "directory"),
                        output.path());
    }
    for (const PictureFile& picture : task.pictures) taken.insert(picture.told);
  }
  for (const auto& [picture, owner] : output.picture_owners()) taken.insert(picture);

  std::set<fs::path> folders;
  for (const std::size_t i : missing) {
    Task& task = tasks[i];
    for (PictureFile& picture : task.pictures) {
      const auto owner = output.picture_owners().find(picture.told);
      if (owner != output.picture_owners().end()) {
        rename_picture(picture, output, taken);
        taken.insert(picture.told);
      }
      folders.insert(picture.file.parent_path());
    }
  }
  for (const fs::path& folder : folders) remove_dead_files(folder);
}

bool was_finished(const nlohmann::json& earlier_run) {
  return text_in(earlier_run, "state") == "finished";
}

}  // namespace cxr
