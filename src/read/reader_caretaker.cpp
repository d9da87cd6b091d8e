#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <string>

#include "reader_message.h"
#include "reader_process.h"

namespace cxr {
namespace {

// Where a child has its descriptors; the first three lead nowhere.
constexpr int kSocket = 3, kMemory = 4;

/// A message that carries two descriptors; see cmsg(3).
struct DescriptorMessage {
  char byte = 0;
  iovec text{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ReaderEnds))> control{};
  msghdr header{.msg_name = nullptr,
                .msg_namelen = 0,
                .msg_iov = &text,
                .msg_iovlen = 1,
                .msg_control = control.data(),
                .msg_controllen = control.size(),
                .msg_flags = 0};
};

/// None where they did not come through. Returns whether the other end is there.
bool receive_ends(int control, ReaderEnds& ends) {
  DescriptorMessage message;
  const ssize_t count = ::recvmsg(control, &message.header, MSG_CMSG_CLOEXEC);
  const cmsghdr* descriptors = count <= 0 ? nullptr : CMSG_FIRSTHDR(&message.header);
  if (descriptors == nullptr) return count != 0;
  if (descriptors->cmsg_len == CMSG_LEN(sizeof ends)) {
    std::memcpy(&ends, CMSG_DATA(descriptors), sizeof ends);
  } else {
    ::close(*reinterpret_cast<const int*>(CMSG_DATA(descriptors)));  // there was room for one
  }
  return true;
}

/// Ends with the parent, and not by Ctrl-C or `systemctl stop`, upon which the parent finishes the
/// images in progress. Whatever was ignored or blocked before: the other signals do what they do.
void follow(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  for (int signal = 1; signal < 32; ++signal) std::signal(signal, SIG_DFL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) std::signal(signal, SIG_IGN);
}

void close_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  const auto end = static_cast<int>(::sysconf(_SC_OPEN_MAX));  // Linux before 5.9
  for (int descriptor = first; descriptor < end; ++descriptor) ::close(descriptor);
}

/// Closes all descriptors but these.
void keep_only(int socket, int memory) {
  const int nowhere = ::open("/dev/null", O_RDWR);
  socket = ::fcntl(socket, F_DUPFD, kMemory + 1);
  memory = memory < 0 ? nowhere : ::fcntl(memory, F_DUPFD, kMemory + 1);
  if (nowhere < 0 || socket < 0 || memory < 0) ::_exit(1);
  for (int standard = 0; standard < kSocket; ++standard) ::dup2(nowhere, standard);
  ::dup2(socket, kSocket);
  ::dup2(memory, kMemory);
  close_from(kMemory + 1);
}

using Sockets = std::map<pid_t, int>;  // of the readers

void start(const ReaderEnds& ends, Sockets& sockets, const ReadingLimits& limits) {
  const pid_t caretaker = ::getpid();
  const pid_t reader = ::fork();
  if (reader == 0) {
    follow(caretaker);
    keep_only(ends.socket, ends.memory);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    serve_reads({kSocket, kMemory}, limits);
  }
  ::close(ends.memory);
  if (reader > 0) {
    sockets.emplace(reader, ends.socket);
  } else {
    ::close(ends.socket);
  }
}

void tell_deaths(Sockets& sockets) {
  int status = 0;
  for (pid_t dead = 0; (dead = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto socket = sockets.find(dead);
    if (socket == sockets.end()) continue;
    send_message(socket->second, {"died", std::to_string(status)}, MSG_DONTWAIT);
    ::close(socket->second);
    sockets.erase(socket);
  }
}

/// Leaves no dead process to whoever inherits them.
[[noreturn]] void end_all(const Sockets& sockets) {
  for (const auto& [reader, socket] : sockets) ::kill(reader, SIGKILL);
  for (const auto& [reader, socket] : sockets) ::waitpid(reader, nullptr, 0);
  ::_exit(0);
}

}  // namespace

void take_care_of_readers(pid_t parent, int control, const ReadingLimits& limits) noexcept {
  follow(parent);
  ::setsid();  // Ctrl-Z stops the parent alone: readers have limited time
  keep_only(control, -1);
  sigset_t child, none;
  sigemptyset(&none);
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &child, nullptr);
  std::signal(SIGCHLD, [](int) {});  // so that it ends ppoll()
  Sockets sockets;
  for (;;) {
    tell_deaths(sockets);
    pollfd wait{kSocket, POLLIN, 0};
    if (::ppoll(&wait, 1, nullptr, &none) <= 0) continue;
    ReaderEnds ends;
    if (!receive_ends(kSocket, ends)) end_all(sockets);
    if (ends.socket >= 0) start(ends, sockets, limits);
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
