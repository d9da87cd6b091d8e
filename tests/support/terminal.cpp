#include "support/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace cxr::test {
namespace {

constexpr int kTerminalPatience = 60'000;  // milliseconds

[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::setenv("TERM", "dumb", 1);
  ::execv(words[0], words.data());
  ::_exit(127);
}

/// Reads until `end` has come.
std::string read_until(int terminal, const std::string& end) {
  std::string text;
  pollfd ready{terminal, POLLIN, 0};
  while (text.find(end) == std::string::npos && ::poll(&ready, 1, kTerminalPatience) > 0) {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(terminal, bytes.data(), bytes.size());
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

std::string type_into(const std::vector<std::string>& command, const std::string& keys,
                      const std::string& end) {
  int terminal = -1;
  winsize size{.ws_row = 50, .ws_col = 500, .ws_xpixel = 0, .ws_ypixel = 0};
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) become(command);
  if (child < 0) throw std::runtime_error("no terminal");
  std::string text = read_until(terminal, "ready> ");
  if (::write(terminal, keys.data(), keys.size()) < 0) throw std::runtime_error("cannot type");
  text += read_until(terminal, end);
  ::kill(child, SIGKILL);
  ::close(terminal);
  ::waitpid(child, nullptr, 0);
  return text;
}

}  // namespace cxr::test
