#pragma once

#include <filesystem>
#include <string_view>

namespace cxr {

/// A file of lines that is appended to while a run goes on. Each line is in it whole or not at all.
class AppendFile {
 public:
  /// Opens or creates it, and removes a last line that breaks off. Throws Error, stage `write`,
  /// naming the file, where that cannot be done or the file is a symbolic link: it would lead out
  /// of the folder.
  explicit AppendFile(std::filesystem::path file);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Appends a line, with its line break. Throws Error, or DiskError where there is no room; then
  /// the file is as it was.
  void append(std::string_view line);
  /// Waits until all lines are on the disk. Throws DiskError.
  void sync();

 private:
  void remove_torn_line();

  std::filesystem::path file_;
  int descriptor_;
};

}  // namespace cxr
