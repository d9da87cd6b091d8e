#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace cxr {

// Text in DejaVu Sans, on pictures of CV_8UC3. Texts are UTF-8; control characters become blanks.
// All throw Error if the font cannot be loaded.

enum class Align { left, centre, right };

/// Width in pixels of a text whose capital letters are `height` pixels high.
int text_width(const std::string& text, int height);

/// Draws a text whose capital letters are `height` pixels high and vertically centred on
/// `anchor.y`.
void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color);

/// Draws a text in the middle of a strip. Text that is too wide is scaled down; if it would become
/// illegible, its middle is left out.
void draw_caption(cv::Mat strip, const std::string& caption, int height, const cv::Scalar& color);

}  // namespace cxr
