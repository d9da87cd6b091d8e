#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/infer_program.h"

namespace cxr::test {

using nlohmann::json;

/// Starts the program with these arguments and does not wait for it.
inline pid_t start(std::vector<std::string> command, const std::string& out = "/dev/null",
                   const std::string& err = "/dev/null") {
  command.insert(command.begin(), std::string(CXR_PROGRAMS) + "/cxr-infer");
  std::fflush(nullptr);  // else the child would write what waits, too
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::freopen(out.c_str(), "w", stdout);
    ::freopen(err.c_str(), "w", stderr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return child;
}

/// The lines of a file that end in a newline; none where there is no file.
inline std::vector<std::string> whole_lines(const fs::path& file) {
  std::vector<std::string> lines;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line) && !text.eof();) lines.push_back(line);
  return lines;
}

/// Waits until a file has so many lines; false where the program ends before.
inline bool comes_to_lines(pid_t child, const fs::path& file, std::size_t count) {
  while (whole_lines(file).size() < count) {
    if (::waitpid(child, nullptr, WNOHANG) != 0) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline int end_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// With an output folder.
class OutputProgram : public InferProgram {
 protected:
  Outcome write_output(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"--config", config_, "--xraypath", images_, "-r",
                                       "--output", output_, "--format",   "csv"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return infer(arguments);
  }

  std::vector<json> records() const {
    std::vector<json> records;
    std::istringstream lines(read_file(output_ / "results.jsonl"));
    for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line));
    return records;
  }

  json run() const { return json::parse(read_file(output_ / "run.json")); }

  void write_images(int count) const {
    for (int i = 0; i < count; ++i) {
      write_phantom(images_ / ("film_" + std::to_string(100 + i) + ".png"),
                    static_cast<unsigned>(i));
    }
  }

  const fs::path output_ = folder_ / "output";
};

}  // namespace cxr::test
