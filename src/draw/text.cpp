#include "text.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <opencv2/freetype.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/access.h"
#include "base/installed_file.h"
#include "base/utf8.h"
#include "cxr/error.h"

namespace cxr {
namespace {

constexpr double kCapitalHeight = 0.729;  ///< of the font, relative to its size

/// Of the Debian packages fonts-droid-fallback and fonts-noto-cjk.
constexpr std::array kEastAsianFonts = {"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
                                        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"};

/// That of the system, or else the one that lies beside a program that was moved here.
std::string font_file() {
  const std::filesystem::path beside = installed_file("fonts/DejaVuSans.ttf");
  return why_unreadable(CXR_FONT).empty() ? CXR_FONT : beside.string();
}

using Font = cv::freetype::FreeType2;

// Fonts are one for each thread, because drawing changes their state.

Font& dejavu_sans() {
  thread_local const cv::Ptr<Font> font = [] {
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

/// Where the system has no such font: DejaVu Sans, which draws boxes.
Font& east_asian_font() {
  thread_local const cv::Ptr<Font> font = [] {
    for (const char* file : kEastAsianFonts) {
      if (!why_unreadable(file).empty()) continue;
      auto loaded = cv::freetype::createFreeType2();
      loaded->loadFontData(file, 0);
      return loaded;
    }
    return cv::Ptr<Font>();
  }();
  return font ? *font : dejavu_sans();
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

enum class Script { western, right_to_left, east_asian };

bool is_in(char32_t letter, char32_t first, char32_t last) {
  return letter >= first && letter <= last;
}

/// By the blocks of Unicode.
Script script_of(char32_t letter) {
  if (is_in(letter, 0x590, 0x8FF) || is_in(letter, 0xFB1D, 0xFDFF) ||
      is_in(letter, 0xFE70, 0xFEFE)) {
    return Script::right_to_left;
  }
  if (is_in(letter, 0x1100, 0x11FF) || is_in(letter, 0x2E80, 0xA4CF) ||
      is_in(letter, 0xA960, 0xA97F) || is_in(letter, 0xAC00, 0xD7FF) ||
      is_in(letter, 0xF900, 0xFAFF) || is_in(letter, 0xFF00, 0xFFEF) ||
      is_in(letter, 0x20000, 0x3FFFF)) {
    return Script::east_asian;
  }
  return Script::western;
}

/// The code point whose first byte is at `at`.
char32_t code_point(const std::string& text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const unsigned mask = first < 0x80 ? 0x7F : first < 0xE0 ? 0x1F : first < 0xF0 ? 0x0F : 0x07;
  char32_t letter = first & mask;
  while (++at < text.size() && !begins_code_point(text[at])) {
    letter = letter << 6 | (static_cast<unsigned char>(text[at]) & 0x3FU);
  }
  return letter;
}

/// What one font draws in one direction. A text is drawn run after run, from the left: drawn at
/// once, all of it would have the direction of its first letter.
struct Run {
  Script script;
  std::string text;
};

/// Of the letter at `at`; of a blank, that of the words on both sides of it if they have one.
Script script_at(const std::string& text, std::size_t at, Script before) {
  const std::size_t letter = text.find_first_not_of(' ', at);
  if (letter == std::string::npos) return Script::western;
  const Script next = script_of(code_point(text, letter));
  return letter == at || next == before ? next : Script::western;
}

std::vector<Run> runs_of(const std::string& text) {
  std::vector<Run> runs;
  Script script = Script::western;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (begins_code_point(text[at])) script = script_at(text, at, script);
    if (runs.empty() || runs.back().script != script) runs.push_back({script, ""});
    runs.back().text += text[at];
  }
  return runs;
}

Font& font_of(const Run& run) {
  return run.script == Script::east_asian ? east_asian_font() : dejavu_sans();
}

int ink_width(Font& font, const std::string& text, int height) {
  int baseline = 0;
  return font.getTextSize(text, whole_font_size(height), cv::FILLED, &baseline).width;
}

/// How far the next run is from the beginning of this one; its ink alone does not say.
int advance(const Run& run, int height) {
  Font& font = font_of(run);
  return ink_width(font, '|' + run.text + '|', height) - ink_width(font, "||", height);
}

}  // namespace

double font_size(int height) { return height / kCapitalHeight; }

int text_width(const std::string& text, int height) {
  const std::string clean = without_control_characters(text);
  if (is_blank(clean)) return 0;
  const std::vector<Run> runs = runs_of(clean);
  int width = 0;
  for (const Run& run : runs) {
    width += runs.size() == 1 ? ink_width(font_of(run), run.text, height) : advance(run, height);
  }
  return width;
}

void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color) {
  const std::string clean = without_control_characters(text);
  if (is_blank(clean)) return;
  if (align == Align::centre) anchor.x -= text_width(clean, height) / 2;
  if (align == Align::right) anchor.x -= text_width(clean, height);
  anchor.y += height / 2;
  for (const Run& run : runs_of(clean)) {
    if (!is_blank(run.text)) {
      font_of(run).putText(picture, run.text, anchor, whole_font_size(height), color, cv::FILLED,
                           cv::LINE_AA, /*bottomLeftOrigin=*/true);
    }
    anchor.x += advance(run, height);
  }
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
