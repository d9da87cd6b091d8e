#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>

namespace cxr {

/// A file that appears under its name only when it is finished, and then survives a power cut.
/// Until then it lies beside it under a hidden name, `.cxr-*.part`; an unfinished file is removed.
/// Only a process that is killed leaves the hidden file behind: see remove_dead_files().
class AtomicFile {
 public:
  /// Throws Error, stage `write`, naming the file, where it cannot be written; DiskError where no
  /// file can.
  explicit AtomicFile(std::filesystem::path file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. Throws as the constructor does.
  void write(std::string_view bytes);
  /// Waits until the bytes are on the disk, then gives the file its name. Throws as the
  /// constructor does, also where an earlier write failed.
  void finish();

 private:
  [[noreturn]] void fail(int reason) const;

  std::filesystem::path file_;
  std::filesystem::path unfinished_;
  std::optional<std::size_t> noted_;  ///< where a signal handler finds its name
  std::FILE* stream_;
};

/// Throws what an `errno` of writing a file means: DiskError where no file can be written any more,
/// else Error.
[[noreturn]] void throw_write_error(const std::filesystem::path& file, int reason);

/// Makes a folder, and those above it, where there is none. Throws Error where that cannot be done.
void make_folder(const std::filesystem::path& folder);

/// Makes the folder of a file if there is none. Throws Error if the file cannot be written.
void require_writable(const std::filesystem::path& file);

/// Removes the hidden files that processes left in a folder when they were killed. Those of
/// processes that still run are locked, and stay.
void remove_dead_files(const std::filesystem::path& folder);

/// Removes the hidden files of this process. May be called in a signal handler, before the process
/// ends.
void remove_unfinished_files() noexcept;

}  // namespace cxr
