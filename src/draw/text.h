#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace cxr {

/// UTF-8 as ASCII, the only characters of OpenCV's Hershey fonts: each other code point becomes
/// `?`, each control character a blank.
std::string to_ascii(const std::string& text);

enum class Align { left, centre, right };

/// Width in pixels of a text whose capital letters are `height` pixels high.
int text_width(const std::string& text, int height);

/// Draws a text (UTF-8, see to_ascii()) whose capital letters are `height` pixels high and whose
/// vertical middle is at `anchor.y`.
void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color);

/// Draws a text in the middle of a strip, scaled down if it is too wide.
void draw_caption(cv::Mat strip, const std::string& caption, int height, const cv::Scalar& color);

}  // namespace cxr
