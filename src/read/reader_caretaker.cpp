#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "reader_message.h"
#include "reader_process.h"

namespace cxr {
namespace {

/// A message that carries two file descriptors; see cmsg(3).
struct DescriptorMessage {
  char byte = 0;
  iovec text{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
  msghdr header{.msg_name = nullptr,
                .msg_namelen = 0,
                .msg_iov = &text,
                .msg_iovlen = 1,
                .msg_control = control.data(),
                .msg_controllen = control.size(),
                .msg_flags = 0};
};

/// None once the other end is gone.
ReaderEnds receive_ends(int control) {
  DescriptorMessage message;
  ReaderEnds ends;
  if (::recvmsg(control, &message.header, MSG_CMSG_CLOEXEC) <= 0) return ends;
  const cmsghdr* descriptors = CMSG_FIRSTHDR(&message.header);
  if (descriptors != nullptr && descriptors->cmsg_len == CMSG_LEN(sizeof ends)) {
    std::memcpy(&ends, CMSG_DATA(descriptors), sizeof ends);
  }
  return ends;
}

/// Ends with the process that forked this one. It is to finish the images in progress after
/// Ctrl-C, which is sent to all of them.
void follow(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
}

/// Closes all file descriptors but these and the standard ones, which lead nowhere.
void keep_only(int one, int another) {
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(nowhere, standard);
  }
  const auto [low, high] =
      std::minmax({static_cast<unsigned>(one), static_cast<unsigned>(another)});
  if (low > 3) ::close_range(3, low - 1, 0);
  if (high > low + 1) ::close_range(low + 1, high - 1, 0);
  ::close_range(high + 1, ~0U, 0);
}

class Caretaker {
 public:
  explicit Caretaker(const ReadingLimits& limits) : limits_(limits) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, &earlier_signals_);
    deaths_ = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  int deaths() const { return deaths_; }

  void start(const ReaderEnds& ends) {
    const pid_t caretaker = ::getpid();
    const pid_t reader = ::fork();
    if (reader == 0) {
      follow(caretaker);
      keep_only(ends.socket, ends.memory);
      ::sigprocmask(SIG_SETMASK, &earlier_signals_, nullptr);
      serve_reads(ends, limits_);
    }
    if (reader > 0) {
      readers_.emplace(reader, ends);
    } else {
      close(ends);
    }
  }

  void replace_dead() {
    signalfd_siginfo ignored{};
    while (::read(deaths_, &ignored, sizeof ignored) > 0) {
    }
    int status = 0;
    for (pid_t dead = 0; (dead = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const ReaderEnds ends = readers_.extract(dead).mapped();
      const bool is_dismissed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      std::uint64_t number = 0;
      const bool is_known = ::pread(ends.memory, &number, sizeof number, kMaxPixels) > 0;
      const ReaderMessage news{std::to_string(number), "died", std::to_string(status)};
      if (!is_dismissed && is_known && send_message(ends.socket, news)) {
        start(ends);
      } else {
        close(ends);
      }
    }
  }

 private:
  static void close(const ReaderEnds& ends) {
    ::close(ends.socket);
    ::close(ends.memory);
  }

  const ReadingLimits limits_;
  sigset_t earlier_signals_{};
  int deaths_ = -1;
  std::map<pid_t, ReaderEnds> readers_;
};

}  // namespace

void take_care_of_readers(int control, const ReadingLimits& limits) {
  follow(::getppid());
  keep_only(control, control);
  Caretaker caretaker(limits);
  std::array<pollfd, 2> waits{pollfd{control, POLLIN, 0}, pollfd{caretaker.deaths(), POLLIN, 0}};
  for (;;) {
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[1].revents != 0) caretaker.replace_dead();
    if (waits[0].revents == 0) continue;
    const ReaderEnds ends = receive_ends(control);
    if (ends.socket < 0) ::_exit(0);
    caretaker.start(ends);
  }
}

bool start_reader(int control, const ReaderEnds& ends) {
  DescriptorMessage message;
  cmsghdr* descriptors = CMSG_FIRSTHDR(&message.header);
  descriptors->cmsg_level = SOL_SOCKET;
  descriptors->cmsg_type = SCM_RIGHTS;
  descriptors->cmsg_len = CMSG_LEN(sizeof ends);
  std::memcpy(CMSG_DATA(descriptors), &ends, sizeof ends);
  return ::sendmsg(control, &message.header, MSG_NOSIGNAL) > 0;
}

}  // namespace cxr
