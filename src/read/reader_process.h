#pragma once

#include <cstddef>
#include <cstdint>

#include "cxr/read.h"

namespace cxr {

/// How long reading a file may take.
struct ReadingLimits {
  double cpu_seconds = 60;  ///< of computing
  double seconds = 600;     ///< waiting for a disk or network included
};

/// What a process that reads for another one has of it.
struct ReaderEnds {
  int socket = -1;  ///< for messages
  int memory = -1;  ///< of kReaderMemory bytes: an image's pixels, then the request's number
};

inline constexpr std::size_t kReaderMemory = kMaxPixels + sizeof(std::uint64_t);

/// A request is its number, "read", "size" or "uids", and a path; for "read" also max_pixels, and
/// "force" or "". Answers begin with the number of their request:
///
///   "memory" "file|pixels" bytes   the reader waits for any message before it takes that memory
///   "read" rows columns notes…   "size" width height   "uids" study series instance
///   "error|skipped" stage subject what   "unexpected" what
///   "died" status   the reader died while it answered; as waitpid() tells
///
/// Answers until the other end of the socket is closed, without the rights that reading does not
/// need. A file that takes longer than allowed ends it.
[[noreturn]] void serve_reads(const ReaderEnds& ends, const ReadingLimits& limits);

/// Gives up, for this process, to write files, connect, start programs and signal others, and all
/// memory but a few GiB; as far as the kernel can (seccomp(2), setrlimit(2)).
void give_up_rights();

/// Keeps readers alive until the other end of `control` is closed: starts one for each ReaderEnds
/// that comes through it and, after telling its other end, a new one in place of one that died.
/// Called by a process that was forked while there was one thread.
[[noreturn]] void take_care_of_readers(int control, const ReadingLimits& limits);

/// Hands ends over to it. Returns whether it was there to take them.
bool start_reader(int control, const ReaderEnds& ends);

}  // namespace cxr
