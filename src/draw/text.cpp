#include "text.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "base/utf8.h"

namespace cxr {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_DUPLEX;

int thickness_of(int height) { return std::max(1, height / 20); }

struct Measured {
  cv::Size size;
  double scale = 1;
};

Measured text_metrics(const std::string& ascii, int height) {
  const double scale = cv::getFontScaleFromHeight(kFont, height, thickness_of(height));
  int baseline = 0;
  return {cv::getTextSize(ascii, kFont, scale, thickness_of(height), &baseline), scale};
}

}  // namespace

std::string to_ascii(const std::string& text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      ascii += byte < ' ' ? ' ' : c;
    } else if (begins_code_point(c)) {
      ascii += '?';
    }
  }
  return ascii;
}

int text_width(const std::string& text, int height) {
  return text_metrics(to_ascii(text), height).size.width;
}

void draw_text(cv::Mat& picture, const std::string& text, cv::Point anchor, int height, Align align,
               const cv::Scalar& color) {
  const std::string ascii = to_ascii(text);
  const auto [size, scale] = text_metrics(ascii, height);
  if (align == Align::centre) anchor.x -= size.width / 2;
  if (align == Align::right) anchor.x -= size.width;
  anchor.y += height / 2;
  cv::putText(picture, ascii, anchor, kFont, scale, color, thickness_of(height), cv::LINE_AA);
}

void draw_caption(cv::Mat strip, const std::string& caption, int height, const cv::Scalar& color) {
  const std::string text = to_ascii(caption);
  const int thickness = thickness_of(height);
  auto [size, scale] = text_metrics(text, height);
  if (size.width > strip.cols) {
    scale *= static_cast<double>(strip.cols) / size.width;
    int baseline = 0;
    size = cv::getTextSize(text, kFont, scale, thickness, &baseline);
  }
  const cv::Point origin((strip.cols - size.width) / 2, (strip.rows + size.height) / 2);
  cv::putText(strip, text, origin, kFont, scale, color, thickness, cv::LINE_AA);
}

}  // namespace cxr
