#include "append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "atomic_file.h"
#include "cxr/error.h"

namespace cxr {

AppendFile::AppendFile(std::filesystem::path file)
    : file_(std::move(file)),
      descriptor_(
          ::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0 && errno == ELOOP) {
    throw Error("write", file_.string(), "is a symbolic link; remove it");
  }
  if (descriptor_ < 0) throw_write_error(file_, errno);
  remove_torn_line();
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::remove_torn_line() {
  std::array<char, 1 << 16> block{};
  off_t end = ::lseek(descriptor_, 0, SEEK_END), whole = 0;
  while (end > 0 && whole == 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(block.size()));
    const ssize_t count =
        ::pread(descriptor_, block.data(), static_cast<std::size_t>(end - begin), begin);
    if (count <= 0) return;
    const std::size_t last =
        std::string_view(block.data(), static_cast<std::size_t>(count)).rfind('\n');
    if (last != std::string_view::npos) whole = begin + static_cast<off_t>(last) + 1;
    end = begin;
  }
  if (::ftruncate(descriptor_, whole) != 0) throw_write_error(file_, errno);
}

void AppendFile::append(std::string_view line) {
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  while (!line.empty()) {
    const ssize_t count = ::write(descriptor_, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, before);
      throw_write_error(file_, reason);
    }
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

void AppendFile::sync() {
  // Some file systems have no fsync: then there is nothing to wait for.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL) throw_write_error(file_, errno);
}

}  // namespace cxr
