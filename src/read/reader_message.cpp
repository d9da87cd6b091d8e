#include "reader_message.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace cxr {
namespace {

constexpr std::size_t kMostBytes = 65536;  // a path has 4096 at most, and an error repeats it

/// Calls until no signal interrupts.
template <typename Call>
ssize_t uninterrupted(const Call& call) {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

bool send_message(int socket, const ReaderMessage& message, int flags) {
  std::string bytes;
  for (const std::string& part : message) (bytes += part) += '\0';
  bytes.resize(std::min(bytes.size(), kMostBytes));
  return uninterrupted(
             [&] { return ::send(socket, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL); }) > 0;
}

ReaderMessage receive_message(int socket) {
  std::string bytes(kMostBytes, '\0');
  const ssize_t count =
      uninterrupted([&] { return ::recv(socket, bytes.data(), bytes.size(), 0); });
  ReaderMessage message;
  const auto end = bytes.begin() + std::max<ssize_t>(count, 0);
  for (auto begin = bytes.begin(); begin != end;) {
    const auto part_end = std::find(begin, end, '\0');
    message.emplace_back(begin, part_end);
    begin = part_end == end ? end : part_end + 1;
  }
  return message;
}

}  // namespace cxr
