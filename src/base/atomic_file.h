#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace cxr {

/// A file that appears under its name only when it is finished. Until then it lies beside it under
/// another, hidden name of its own; what is not finished is removed. Only a process that is killed
/// leaves the hidden file behind.
class AtomicFile {
 public:
  /// Throws Error, stage `write`, naming the file, where it cannot be written.
  explicit AtomicFile(std::filesystem::path file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. Throws Error where there is no room.
  void write(std::string_view bytes);
  /// Gives the file its name. Throws Error where that, or an earlier write, did not work.
  void finish();

 private:
  [[noreturn]] void fail(int reason) const;

  std::filesystem::path file_;
  std::filesystem::path unfinished_;
  std::FILE* stream_;
};

/// Makes a folder where there is none. Throws Error where that cannot be done.
void make_folder(const std::filesystem::path& folder);

/// Removes the hidden files of all that is not finished. May be called in a signal handler, before
/// the process ends.
void remove_unfinished_files() noexcept;

}  // namespace cxr
