#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <streambuf>
#include <string>

namespace cxr {

/// A line of progress: a bar, done and total, rate and time left.
///
/// On a terminal it is redrawn in place, at most ten times a second; otherwise a line is written
/// from time to time, if wanted.
class ProgressBar {
 public:
  /// `out` is std::cerr in the programs; `terminal` tells whether it is a terminal; `between_lines`
  /// is the shortest time between lines if it is not, 0 for no lines.
  ProgressBar(std::ostream& out, bool terminal, std::chrono::milliseconds between_lines = {})
      : out_(out), terminal_(terminal), between_lines_(between_lines) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Shows the progress of `what`. `figure` is a short text after the bar, such as a loss.
  void show(const std::string& what, std::size_t done, std::size_t total,
            const std::string& figure = "");
  /// Removes the line, so that other text can be written.
  void clear();

 private:
  /// The text after the count: figure, rate, time left.
  std::string pace(std::size_t done, std::size_t total, const std::string& figure) const;

  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  bool terminal_;
  std::chrono::milliseconds between_lines_;
  bool visible_ = false;
  std::string what_;
  std::size_t first_ = 0;  ///< done when it began
  Clock::time_point begin_;
  Clock::time_point drawn_;
};

/// A stream buffer that removes the progress bar before it writes to the same terminal.
class BesideBar : public std::streambuf {
 public:
  BesideBar(std::streambuf& out, ProgressBar& bar) : out_(out), bar_(bar) {}

 protected:
  std::streamsize xsputn(const char* text, std::streamsize length) override;
  int_type overflow(int_type letter) override;
  int sync() override { return out_.pubsync(); }

 private:
  std::streambuf& out_;
  ProgressBar& bar_;
};

/// A duration for people: `8 s`, `3 min 20 s`, `2 h 5 min`.
std::string format_duration(double seconds);

}  // namespace cxr
