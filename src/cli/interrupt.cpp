#include "interrupt.h"

#include <errno.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iterator>
#include <string_view>

#include "base/atomic_file.h"

namespace cxr {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
bool was_ignored[std::size(kSignals)];

volatile std::sig_atomic_t received = 0;

/// Which signals are ignored from the start, as under nohup. Asked before any library is
/// initialised, as UCX, which OpenCV of Debian 13 brings along, puts a handler of its own in place
/// of SIGHUP's.
[[gnu::no_sanitize("address", "thread", "undefined")]] void note_ignored_signals() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction action {};
    was_ignored[i] =
        ::sigaction(kSignals[i], nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
}
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_libraries)() = note_ignored_signals;

void on_signal(int signal) {
  if (received != 0) {
    remove_unfinished_files();
    ::_exit(128 + signal);
  }
  received = signal;
  constexpr std::string_view kText =
      ": finishing the images in progress; press Ctrl-C again to stop now\n";
  [[maybe_unused]] ssize_t count = ::write(STDERR_FILENO, "\n", 1);
  count = ::write(STDERR_FILENO, ::program_invocation_short_name,
                  std::strlen(::program_invocation_short_name));
  count = ::write(STDERR_FILENO, kText.data(), kText.size());
}

}  // namespace

void catch_interrupts() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    std::signal(kSignals[i], was_ignored[i] ? SIG_IGN : on_signal);
  }
}

int interrupt_received() { return received; }

}  // namespace cxr
