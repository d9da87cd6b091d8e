#include "sheet.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "base/resize.h"
#include "text.h"

namespace cxr {
namespace {

constexpr int kSheetColumns = 4;
constexpr int kSheetMargin = 14;
constexpr int kSheetWidth = kSheetColumns * (kSheetSide + kSheetMargin) + kSheetMargin;
constexpr int kSheetTitle = 15, kSheetHeading = 14,
              kSheetText = 10;  ///< heights of capital letters

int strip_of(int text) { return text * 9 / 4; }

/// Strips and cells from top to bottom, painted as they come.
class SheetPainter {
 public:
  void text(const std::string& words, int height) {
    draw_caption(next(strip_of(height)), words, height, kInk);
  }
  void keys(const std::vector<ContourKey>& keys) {
    if (!keys.empty()) draw_contour_keys(next(strip_of(kSheetHeading)), keys, kSheetHeading);
  }
  void heading(const std::string& words) {
    space(kSheetMargin);
    cv::Mat strip = next(strip_of(kSheetHeading));
    draw_text(strip, words, {0, strip.rows / 2}, kSheetHeading, Align::left, kInk);
  }
  void row(const SheetPicture* begin, const SheetPicture* end) {
    std::size_t lines = 0;
    for (const auto* each = begin; each != end; ++each) lines = std::max(lines, each->lines.size());
    const cv::Mat strip = next(kSheetSide + strip_of(kSheetText) * static_cast<int>(lines));
    for (const auto* each = begin; each != end; ++each) {
      const int x = static_cast<int>(each - begin) * (kSheetSide + kSheetMargin);
      draw_cell(strip.colRange(x, x + kSheetSide), *each);
    }
    space(kSheetMargin);
  }
  void space(int height) { next(height); }

  cv::Mat painted() const {
    cv::Mat sheet(height_, kSheetWidth, CV_8UC3, kPaper);
    int y = 0;
    for (const cv::Mat& strip : strips_) {
      strip.copyTo(sheet(cv::Rect({kSheetMargin, y}, strip.size())));
      y += strip.rows;
    }
    return sheet;
  }

 private:
  static void draw_cell(const cv::Mat& cell, const SheetPicture& content) {
    const cv::Size size = content.picture.size();
    content.picture.copyTo(
        cell(cv::Rect({(kSheetSide - size.width) / 2, (kSheetSide - size.height) / 2}, size)));
    int y = kSheetSide;
    for (const std::string& line : content.lines) {
      draw_caption(cell.rowRange(y, y + strip_of(kSheetText)), line, kSheetText, kInk);
      y += strip_of(kSheetText);
    }
  }

  /// A new white strip below the others.
  cv::Mat next(int height) {
    strips_.emplace_back(height, kSheetWidth - 2 * kSheetMargin, CV_8UC3, kPaper);
    height_ += height;
    return strips_.back();
  }

  std::vector<cv::Mat> strips_;
  int height_ = 0;
};

}  // namespace

cv::Mat for_sheet(const cv::Mat& image) {
  cv::Mat fitting = resized(image, with_longer_side(image.size(), kSheetSide));
  if (fitting.channels() == 3) return fitting;
  cv::Mat colored;
  cv::cvtColor(fitting, colored, cv::COLOR_GRAY2BGR);
  return colored;
}

cv::Mat draw_sheet(const Sheet& sheet) {
  SheetPainter painter;
  painter.space(kSheetMargin);
  for (const std::string& line : sheet.title) {
    painter.text(line, &line == &sheet.title.front() ? kSheetTitle : kSheetText);
  }
  painter.keys(sheet.keys);
  painter.space(kSheetMargin);
  for (const SheetSection& section : sheet.sections) {
    if (section.pictures.empty()) continue;
    if (!section.title.empty()) painter.heading(section.title);
    const SheetPicture* const end = section.pictures.data() + section.pictures.size();
    for (const auto* row = section.pictures.data(); row < end;
         row += std::min<std::ptrdiff_t>(kSheetColumns, end - row)) {
      painter.row(row, row + std::min<std::ptrdiff_t>(kSheetColumns, end - row));
    }
  }
  painter.text("For research only, not for diagnosis", kSheetText);
  painter.space(kSheetMargin / 2);
  return painter.painted();
}

}  // namespace cxr
