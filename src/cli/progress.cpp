#include "progress.h"

#include <cmath>
#include <ostream>

#include "base/format.h"

namespace cxr {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::chrono::milliseconds kRedraw{100};

}  // namespace

void ProgressBar::show(const std::string& what, std::size_t done, std::size_t total,
                       const std::string& figure) {
  if (total == 0) return;
  const auto now = Clock::now();
  const bool is_new = what != what_;
  if (is_new) {
    what_ = what;
    begin_ = drawn_ = now;
    first_ = done;
  }
  if (!terminal_) {
    const bool is_time = between_lines_.count() > 0 && now - drawn_ >= between_lines_;
    if (!is_time || done == total) return;
    drawn_ = now;
    out_ << what << " " << done << "/" << total << pace(done, total, figure) << std::endl;
    return;
  }
  if (!is_new && done < total && now - drawn_ < kRedraw) return;
  drawn_ = now;
  const std::size_t filled = kBarWidth * done / total;
  out_ << "\r\x1b[K" << what << " [" << std::string(filled, '#')
       << std::string(kBarWidth - filled, '.') << "] " << done << "/" << total
       << pace(done, total, figure) << std::flush;
  visible_ = true;
}

std::string ProgressBar::pace(std::size_t done, std::size_t total,
                              const std::string& figure) const {
  std::string text = figure.empty() ? "" : "  " + figure;
  const double seconds = std::chrono::duration<double>(drawn_ - begin_).count();
  if (seconds < 1 || done <= first_) return text;
  const double rate = static_cast<double>(done - first_) / seconds;
  text += "  " + fixed(rate, rate < 10 ? 1 : 0) + "/s";
  if (done < total) {
    text += "  " + format_duration(static_cast<double>(total - done) / rate) + " left";
  }
  return text;
}

void ProgressBar::clear() {
  if (visible_) out_ << "\r\x1b[K" << std::flush;
  visible_ = false;
}

std::streamsize BesideBar::xsputn(const char* text, std::streamsize length) {
  bar_.clear();
  return out_.sputn(text, length);
}

BesideBar::int_type BesideBar::overflow(int_type letter) {
  bar_.clear();
  return out_.sputc(traits_type::to_char_type(letter));
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  const auto text = [](long value, const char* unit) { return std::to_string(value) + unit; };
  if (whole < 60) return text(whole, " s");
  if (whole < 3600) return text(whole / 60, " min ") + text(whole % 60, " s");
  return text(whole / 3600, " h ") + text(whole % 3600 / 60, " min");
}

}  // namespace cxr
