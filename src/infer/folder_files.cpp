#include "folder_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool has_content(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored) && fs::file_size(file, ignored) > 0;
}

}  // namespace

std::map<std::string, std::vector<fs::path>> files_of(const json& record) {
  std::map<std::string, std::vector<fs::path>> files;
  if (const auto found = record.find("pictures"); found != record.end()) {
    for (const auto& [kind, file] : found->items()) {
      if (file.is_string()) files[kind] = {file.get<std::string>()};
    }
  }
  if (const auto found = record.find("dicom"); found != record.end() && found->is_array()) {
    auto& objects = files["dicom"];
    for (const json& file : *found) {
      if (file.is_string()) objects.emplace_back(file.get<std::string>());
    }
  }
  return files;
}

bool has_results(const fs::path& folder) {
  return has_content(folder / kJournal) || has_content(folder / kRun);
}

FolderLock::FolderLock(const fs::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw UsageError("output", folder.string(), "another cxr-infer is writing here");
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace cxr
