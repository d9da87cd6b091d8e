#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cxr/read.h"
#include "dicom_source.h"
#include "reader_process.h"

namespace cxr {

/// While there is one, the functions of cxr/read.h and read_dicom_source() read files in processes
/// of their own: a file that crashes a decoder, has no end or takes all memory is an error like any
/// other.
///
///   thread ──"read" path──▶ reader ──"read" rows columns, pixels in shared memory──▶ thread
///                             ▲
///                         caretaker: forks readers, one for each thread that reads at a time
///
/// Readers have no rights beyond reading (see give_up_rights()). They ask for the memory of large
/// files here, so that it is bounded for all of them together.
class ReadingProcesses {
 public:
  /// Forks the caretaker: to be called before this program starts a thread. Throws Error where no
  /// process can be started.
  explicit ReadingProcesses(const ReadingLimits& limits = {});
  /// Ends the processes.
  ~ReadingProcesses();
  ReadingProcesses(const ReadingProcesses&) = delete;
  ReadingProcesses& operator=(const ReadingProcesses&) = delete;

  /// The one that there is; null if there is none.
  static ReadingProcesses* running();

  // As in cxr/read.h and dicom_source.h, from any thread.
  Radiograph read_radiograph(const std::filesystem::path& file, const ReadOptions& options);
  cv::Size radiograph_size(const std::filesystem::path& file);
  DicomUids read_dicom_uids(const std::filesystem::path& file);
  std::optional<DicomSource> read_dicom_source(const std::filesystem::path& file);

 private:
  struct Reader;
  class Lease;

  /// Makes something of the answer to a request. Asks another reader if one died before it began.
  template <typename Make>
  auto with_answer(const std::string& word, const std::filesystem::path& file,
                   const std::vector<std::string>& more, const Make& make);
  Reader start_one() const;
  /// Waits for one if no more can be started.
  Reader take();
  void give_back(const Reader& reader);
  void lose(const Reader& reader);

  const ReadingLimits limits_;
  pid_t caretaker_ = -1;
  int control_ = -1;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<Reader> idle_;
  int readers_ = 0;
};

}  // namespace cxr
