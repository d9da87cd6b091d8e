#pragma once

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <opencv2/core.hpp>
#include <vector>

#include "cxr/read.h"
#include "reader_process.h"

namespace cxr {

/// While there is one, the functions of cxr/read.h read files in processes of their own: a file
/// that crashes a decoder, has no end or takes all memory is an error like any other.
///
///   thread ──"read" path──▶ reader ──"read" rows columns, pixels in shared memory──▶ thread
///                             ▲
///                         caretaker: forks readers, one for each thread that reads at a time
///
/// Readers have no rights beyond reading (see serve_reads()). They ask for the memory of large
/// files here, so that it is bounded for all of them together.
class ReadingProcesses {
 public:
  /// Forks the caretaker: to be called while the process has one thread. Throws Error where no
  /// process can be started.
  explicit ReadingProcesses(const ReadingLimits& limits = {});
  ~ReadingProcesses();
  ReadingProcesses(const ReadingProcesses&) = delete;
  ReadingProcesses& operator=(const ReadingProcesses&) = delete;

  /// The one that there is; null if there is none.
  static ReadingProcesses* running();

  // As in cxr/read.h, from any thread.
  Radiograph read_radiograph(const std::filesystem::path& file, const ReadOptions& options);
  cv::Size radiograph_size(const std::filesystem::path& file);
  DicomUids read_dicom_uids(const std::filesystem::path& file);

 private:
  struct Reader;
  class Lease;

  const long most_seconds_;  ///< in which a reader answers, or is gone
  pid_t caretaker_ = -1;
  int control_ = -1;
  std::mutex mutex_;
  std::vector<Reader> idle_;
};

}  // namespace cxr
