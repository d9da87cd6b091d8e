#include "cxr/progress.h"

#include <cmath>
#include <ostream>

namespace cxr {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::chrono::milliseconds kRedraw{100};

}  // namespace

void ProgressBar::show(const std::string& what, std::size_t done, std::size_t total,
                       const std::string& figure) {
  if (!terminal_ || total == 0) return;
  const auto now = Clock::now();
  if (what != what_) {
    what_ = what;
    begin_ = now;
  } else if (done < total && now - drawn_ < kRedraw) {
    return;
  }
  drawn_ = now;
  const std::size_t filled = kBarWidth * done / total;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const double left =
      done == 0 ? 0 : seconds * static_cast<double>(total - done) / static_cast<double>(done);
  out_ << "\r\x1b[K" << what << " [" << std::string(filled, '#')
       << std::string(kBarWidth - filled, '.') << "] " << done << "/" << total;
  if (!figure.empty()) out_ << "  " << figure;
  if (seconds > 1 && done < total) out_ << "  " << format_duration(left) << " left";
  out_ << std::flush;
  visible_ = true;
}

void ProgressBar::clear() {
  if (visible_) out_ << "\r\x1b[K" << std::flush;
  visible_ = false;
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  const auto text = [](long value, const char* unit) { return std::to_string(value) + unit; };
  if (whole < 60) return text(whole, " s");
  if (whole < 3600) return text(whole / 60, " min ") + text(whole % 60, " s");
  return text(whole / 3600, " h ") + text(whole % 3600 / 60, " min");
}

}  // namespace cxr
