#include "support/run_program.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace cxr::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A nameless file for one stream: unlike a pipe it never fills up and makes the programme wait.
class Capture {
 public:
  int descriptor() const { return ::fileno(file_.get()); }

  std::string text() const {
    std::string text;
    char buffer[4096];
    std::rewind(file_.get());
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file_.get())) {
      text.append(buffer, count);
    }
    return text;
  }

 private:
  static std::FILE* open() {
    std::FILE* file = std::tmpfile();
    if (file == nullptr) fail("tmpfile");
    return file;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{open(), &std::fclose};
};

bool become(uid_t user) {
  return ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
}

/// Between fork and exec only calls that are safe in a signal handler are allowed: the caller may
/// have threads.
[[noreturn]] void become_program(char* const* arguments, const RunOptions& options, int out,
                                 int err) {
  // Opened first, because the other user may not be able to reach it: a checkout below /root.
  const int program = ::open(arguments[0], O_RDONLY | O_CLOEXEC);
  if (!options.output.empty()) out = ::open(options.output.c_str(), O_WRONLY | O_CREAT, 0644);
  const bool is_ready = ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0 &&
                        (options.directory.empty() || ::chdir(options.directory.c_str()) == 0) &&
                        (!options.user || become(*options.user));
  if (is_ready) {
    ::alarm(options.time_limit);  // outlives exec
    ::fexecve(program, arguments, environ);
  }
  ::_exit(127);
}

int exit_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

Outcome run_program(const std::vector<std::string>& command, const RunOptions& options) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  const Capture out;
  const Capture err;
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) become_program(arguments.data(), options, out.descriptor(), err.descriptor());

  int wait_status = 0;
  rusage usage{};
  while (::wait4(child, &wait_status, 0, &usage) < 0) {
    if (errno != EINTR) fail("wait4");
  }
  return {exit_status(wait_status), out.text(), err.text(),
          std::int64_t{usage.ru_maxrss} * 1024,  // Linux counts it in KiB
          std::int64_t{usage.ru_minflt}};
}

}  // namespace cxr::test
