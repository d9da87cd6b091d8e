#include "quiet.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <exception>
#include <thread>

namespace cxr {
namespace {

/// Gives the calling thread a table of file descriptors of its own. Returns whether it has one.
bool own_descriptors() {
#ifdef __linux__
  if (unshare(CLONE_FILES) == 0) return true;
#ifdef CLOSE_RANGE_UNSHARE  // allowed where the other is not
  constexpr unsigned kNone = 1U << 30;
  if (close_range(kNone, kNone, CLOSE_RANGE_UNSHARE) == 0) return true;
#endif
#endif
  return false;
}

void drop_standard_error() {
  if (!own_descriptors()) return;
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
}

}  // namespace

void run_quietly(const std::function<void()>& step) {
  std::exception_ptr failure;
  std::thread([&] {
    drop_standard_error();
    try {
      step();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cxr
