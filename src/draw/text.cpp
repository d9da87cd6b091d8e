#include "text.h"

#include <algorithm>
#include <opencv2/freetype.hpp>
#include <opencv2/imgproc.hpp>

#include "base/utf8.h"
#include "cxr/error.h"

namespace cxr {
namespace {

constexpr double kCapitalHeight = 0.729;  ///< of the font, relative to its size
constexpr int kSmallest = 6;              ///< height of capitals that can still be read

/// The font, one for each thread, because drawing changes its state.
cv::freetype::FreeType2& dejavu_sans() {
  thread_local const cv::Ptr<cv::freetype::FreeType2> font = [] {
    auto loaded = cv::freetype::createFreeType2();
    try {
      loaded->loadFontData(CXR_FONT, 0);
    } catch (const cv::Exception&) {
      throw Error("draw", CXR_FONT, "cannot be loaded; install the package fonts-dejavu-core");
    }
    return loaded;
  }();
  return *font;
}

int font_size(int height) { return std::max(1, cvRound(height / kCapitalHeight)); }

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

int text_width(const std::string& text, int height) {
  const std::string clean = without_control_characters(text);
  if (is_blank(clean)) return 0;
  int baseline = 0;
  return dejavu_sans().getTextSize(clean, font_size(height), cv::FILLED, &baseline).width;
}

void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color) {
  const std::string clean = without_control_characters(text);
  if (is_blank(clean)) return;
  if (align == Align::centre) anchor.x -= text_width(clean, height) / 2;
  if (align == Align::right) anchor.x -= text_width(clean, height);
  anchor.y += height / 2;
  dejavu_sans().putText(picture, clean, anchor, font_size(height), color, cv::FILLED, cv::LINE_AA,
                        /*bottomLeftOrigin=*/true);
}

void draw_caption(cv::Mat strip, const std::string& caption, int height, const cv::Scalar& color) {
  const cv::Point middle(strip.cols / 2, strip.rows / 2);
  int fitting = height;
  while (fitting > kSmallest && text_width(caption, fitting) > strip.cols) --fitting;
  if (text_width(caption, fitting) <= strip.cols) {
    return draw_text(strip, caption, middle, fitting, Align::centre, color);
  }
  const std::size_t letters = utf8_length(caption);
  const double fitting_share = static_cast<double>(strip.cols) / text_width(caption, fitting);
  auto left_out = static_cast<std::size_t>(static_cast<double>(letters) * (1 - fitting_share));
  while (++left_out < letters) {
    const std::string text = without_middle(caption, left_out);
    if (text_width(text, fitting) > strip.cols) continue;
    return draw_text(strip, text, middle, fitting, Align::centre, color);
  }
}

}  // namespace cxr
