#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace cxr {

// Text in DejaVu Sans, on pictures of CV_8UC3, from left to right; Hebrew and Arabic words in it
// from right to left. East Asian letters are of another font if there is one, otherwise boxes.
// Texts are UTF-8; control characters become blanks. All throw Error if the font cannot be loaded.

enum class Align { left, centre, right };

/// Width in pixels of a text whose capital letters are `height` pixels high.
int text_width(const std::string& text, int height);

/// Draws a text whose capital letters are `height` pixels high and vertically centred on
/// `anchor.y`.
void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color);

/// The height of capital letters that can still be read on a screen.
inline constexpr int kSmallestText = 6;

/// The font's size for capital letters of this height.
double font_size(int height);

/// A text, and the height of its capital letters.
struct FittedText {
  std::string text;
  int height = 0;
};

/// Makes a text fit a width in pixels: it is scaled down to no less than `smallest`, and then its
/// middle is left out. Empty if there is no room for any of it.
FittedText fitted(const std::string& text, int height, int width, int smallest = kSmallestText);

/// Draws a text in the middle of a strip, fitted to its width.
void draw_caption(cv::Mat strip, const std::string& caption, int height, const cv::Scalar& color);

}  // namespace cxr
