#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cxr::test {

/// A user that owns nothing. Root reads and writes whatever the permissions say, so a test of
/// permissions that runs as root lets the programme run as this one.
inline constexpr uid_t kNobody = 65534;

/// The checkout.
inline const std::filesystem::path kSource = CXR_SOURCE_DIR;

struct RunOptions {
  std::filesystem::path directory;  ///< working directory; empty: the caller's
  std::optional<uid_t> user;        ///< to run as; only root can change it
  std::filesystem::path output;     ///< takes standard output instead of Outcome::out
  unsigned time_limit = 60;         ///< seconds of wall clock, then SIGALRM ends the programme
};

/// What a finished programme leaves behind.
struct Outcome {
  int status = -1;  ///< its exit status; 128 and the signal's number where a signal ended it
  std::string out;
  std::string err;
  /// The most memory it held. Not below what the calling process held when it started it: Linux
  /// counts the copy of the caller that becomes the programme.
  std::int64_t peak_bytes = 0;
  /// Minor ones, its own and those of the processes that it started and waited for.
  std::int64_t page_faults = 0;
};

/// Runs a programme and waits for its end. `command` is its path and its arguments, which it gets
/// as they are: there is no shell between. Throws std::system_error where the system has no
/// process or file left; a programme that cannot be started has status 127.
Outcome run_program(const std::vector<std::string>& command, const RunOptions& options = {});

}  // namespace cxr::test
