#include "access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <system_error>

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// `permission denied`.
std::string reason_of(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

struct Attempt {
  int error = 0;
  bool is_folder = false;
};

/// A pipe is not opened: its other end would notice.
Attempt open_once(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {.error = errno};
  const bool is_folder = S_ISDIR(status.st_mode);
  if (!is_folder && !S_ISREG(status.st_mode)) return {};
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {.error = errno};
  ::close(descriptor);
  return {.is_folder = is_folder};
}

}  // namespace

std::string why_unreadable(const fs::path& file) {
  const Attempt attempt = open_once(file);
  if (attempt.error == ENOENT) return "no such file";
  if (attempt.error != 0) return reason_of(attempt.error);
  return attempt.is_folder ? "is a folder" : "";
}

std::string why_unlistable(const fs::path& folder) {
  const Attempt attempt = open_once(folder);
  if (attempt.error == ENOENT) return "no such folder";
  if (attempt.error != 0) return reason_of(attempt.error);
  return attempt.is_folder ? "" : "is not a folder";
}

}  // namespace cxr
