#include "text.h"

#include <algorithm>
#include <filesystem>
#include <opencv2/freetype.hpp>
#include <opencv2/imgproc.hpp>

#include "base/installed_file.h"
#include "base/utf8.h"
#include "cxr/error.h"

namespace cxr {
namespace {

constexpr double kCapitalHeight = 0.729;  ///< of the font, relative to its size

/// That of the system, or else the one that lies beside a program that was moved here.
std::string font_file() {
  const std::filesystem::path beside = installed_file("fonts/DejaVuSans.ttf");
  std::error_code unreadable;
  return std::filesystem::exists(CXR_FONT, unreadable) ? CXR_FONT : beside.string();
}

/// The font, one for each thread, because drawing changes its state.
cv::freetype::FreeType2& dejavu_sans() {
  thread_local const cv::Ptr<cv::freetype::FreeType2> font = [] {
    auto loaded = cv::freetype::createFreeType2();
    const std::string file = font_file();
    try {
      loaded->loadFontData(file, 0);
    } catch (const cv::Exception&) {
      throw Error("draw", file, "cannot be loaded; install the package fonts-dejavu-core");
    }
    return loaded;
  }();
  return *font;
}

int whole_font_size(int height) { return std::max(1, cvRound(font_size(height))); }

std::string without_control_characters(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }, ' ');
  return text;
}

bool is_blank(const std::string& text) { return text.find_first_not_of(' ') == std::string::npos; }

/// The text with `…` in place of so many code points in its middle.
std::string without_middle(const std::string& text, std::size_t count) {
  const std::size_t kept = utf8_length(text) - count;
  std::string shortened;
  std::size_t index = 0;
  for (const char byte : text) {
    if (begins_code_point(byte)) ++index;
    const bool is_left_out = index > (kept + 1) / 2 && index <= (kept + 1) / 2 + count;
    if (!is_left_out) shortened += byte;
    if (is_left_out && begins_code_point(byte) && index == (kept + 1) / 2 + 1) shortened += "…";
  }
  return shortened;
}

}  // namespace

double font_size(int height) { return height / kCapitalHeight; }

int text_width(const std::string& text, int height) {
  const std::string clean = without_control_characters(text);
  if (is_blank(clean)) return 0;
  int baseline = 0;
  return dejavu_sans().getTextSize(clean, whole_font_size(height), cv::FILLED, &baseline).width;
}

void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color) {
  const std::string clean = without_control_characters(text);
  if (is_blank(clean)) return;
  if (align == Align::centre) anchor.x -= text_width(clean, height) / 2;
  if (align == Align::right) anchor.x -= text_width(clean, height);
  anchor.y += height / 2;
  dejavu_sans().putText(picture, clean, anchor, whole_font_size(height), color, cv::FILLED,
                        cv::LINE_AA,
                        /*bottomLeftOrigin=*/true);
}

FittedText fitted(const std::string& text, int height, int width, int smallest) {
  while (height > smallest && text_width(text, height) > width) --height;
  const int needed = text_width(text, height);
  if (needed <= width) return {text, height};
  const std::size_t letters = utf8_length(text);
  const double share = static_cast<double>(std::max(width, 0)) / needed;
  auto left_out = static_cast<std::size_t>(static_cast<double>(letters) * (1 - share));
  while (++left_out < letters) {
    std::string shorter = without_middle(text, left_out);
    if (text_width(shorter, height) <= width) return {std::move(shorter), height};
  }
  return {"", height};
}

void draw_caption(cv::Mat strip, const std::string& caption, int height, const cv::Scalar& color) {
  const FittedText text = fitted(caption, height, strip.cols);
  draw_text(strip, text.text, {strip.cols / 2, strip.rows / 2}, text.height, Align::centre, color);
}

}  // namespace cxr
