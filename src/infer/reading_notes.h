#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "cxr/read.h"

namespace cxr {

/// Notes which images are being read, in a file that survives when the process is killed: a file
/// that crashes a decoder ends the process, and the next run must know which one it was.
///
/// reading.txt has a slot for each thread, which holds the name of an image or nothing. Safe to use
/// from several threads.
class ReadingNotes {
 public:
  /// The names that an earlier run was reading when it ended; none where it ended in an orderly
  /// way.
  static std::vector<std::string> left_in(const std::filesystem::path& folder);

  /// Starts a new file. Throws Error where it cannot be written or is a symbolic link.
  explicit ReadingNotes(const std::filesystem::path& folder);
  /// Removes the file.
  ~ReadingNotes();
  ReadingNotes(const ReadingNotes&) = delete;
  ReadingNotes& operator=(const ReadingNotes&) = delete;

  /// One thread's slot, as long as it lives.
  class Slot {
   public:
    explicit Slot(ReadingNotes& notes);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    /// Notes an image; an empty name: nothing is being read.
    void note(const std::string& name) const;

   private:
    ReadingNotes& notes_;
    std::size_t place_ = 0;
  };

 private:
  std::filesystem::path file_;
  int descriptor_;
  std::mutex mutex_;
  std::vector<bool> taken_;
};

/// Reads an image in a process of its own, for at most two minutes. Returns how that ended the
/// process, such as `Segmentation fault`; empty where it did not, whether or not the image could be
/// read. Best called before the process has other threads: those do not live on in the other one.
std::string try_reading(const std::filesystem::path& file, const ReadOptions& options);

}  // namespace cxr
