#include "interrupt.h"

#include <unistd.h>

#include <csignal>
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
      "\ncxr-infer: finishing the images in progress; press Ctrl-C again to stop now\n";
  [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, kText.data(), kText.size());
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

int interrupt_received() { return received; }

}  // namespace cxr
