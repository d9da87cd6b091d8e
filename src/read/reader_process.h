#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "cxr/read.h"

namespace cxr {

/// How long reading a file may take.
struct ReadingLimits {
  double cpu_seconds = 60;  ///< of computing
  double seconds = 600;     ///< waiting for a disk or network included
};

/// The descriptors that a reader, a process that reads for another one, shares with it.
struct ReaderEnds {
  int socket = -1;  ///< for messages
  int memory = -1;  ///< of kReaderMemory bytes: an image's pixels, then the request's number
};

inline constexpr std::size_t kReaderMemory = kMaxPixels + sizeof(std::uint64_t);

/// A request is its number, "read", "size", "uids" or "source", and a path; for "read" also
/// max_pixels, and "force" or "". Answers:
///
///   "memory" "file|pixels" bytes   the reader waits for any message before it takes that memory
///   "read" rows columns notes…   "size" height width   "uids" study series instance
///   "source" "dicom" parts…, see to_parts()   "source" "none"
///   "error|skipped" stage subject what   "unexpected" what
///   "died" status   of the caretaker, as waitpid() tells; the last message
///
/// Answers until the other end of the socket is closed, without the rights that reading does not
/// need. A file that takes longer than allowed ends the process, by SIGPROF or SIGALRM.
[[noreturn]] void serve_reads(const ReaderEnds& ends, const ReadingLimits& limits) noexcept;

/// Gives up the rights to write files, connect, start programs and signal others, and to all memory
/// but a few GiB; as far as the kernel can (seccomp(2), setrlimit(2)). It can still read what the
/// user can.
void give_up_rights();

/// Starts a reader for each ReaderEnds that comes through `control`, and tells its other end when
/// it dies. Called by a process that was just forked by `parent`, with which it ends.
[[noreturn]] void take_care_of_readers(pid_t parent, int control,
                                       const ReadingLimits& limits) noexcept;

/// Hands ends over to it. Returns whether it was there to take them.
bool start_reader(int control, const ReaderEnds& ends);

}  // namespace cxr
