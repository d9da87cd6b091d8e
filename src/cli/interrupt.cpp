#include "interrupt.h"

#include <errno.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string_view>

#include "base/atomic_file.h"

namespace cxr {
namespace {

volatile std::sig_atomic_t received = 0;

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
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

int interrupt_received() { return received; }

}  // namespace cxr
