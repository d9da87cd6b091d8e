#include "picture.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/resize.h"
#include "colormap.h"
#include "palette.h"
#include "text.h"

namespace cxr {
namespace {

constexpr double kDotsPerInch = 100;
constexpr double kLungsOpacity = 0.28;

// Colours are BGR.
const cv::Scalar kShade(243, 242, 240);
const cv::Scalar kYellow(0, 221, 255);
const cv::Scalar kLungs(235, 190, 60);

int to_int(double value) { return static_cast<int>(std::lround(value)); }

/// The largest size of the shape that fits.
cv::Size fitted_size(cv::Size shape, cv::Size room) {
  const double scale = std::min(static_cast<double>(room.width) / shape.width,
                                static_cast<double>(room.height) / shape.height);
  return {std::max(1, to_int(shape.width * scale)), std::max(1, to_int(shape.height * scale))};
}

/// Lengths in pixels; they depend on the figure's size, not the image's.
struct Metrics {
  Metrics(std::optional<double> figsize, cv::Size image)
      : is_native(!figsize),
        side(figsize ? to_int(*figsize * kDotsPerInch) : std::max(image.width, image.height)) {}

  bool is_native;                         ///< the radiograph keeps its size
  int side;                               ///< the longest side of an overlay, or of a native image
  int text = std::max(11, side / 38);     ///< height of a capital letter
  int strip = text * 9 / 4;               ///< height of a caption's strip
  int small = std::max(9, text * 2 / 3);  ///< height of a capital letter in the footer
  int footer = 2 * (small * 9 / 4);       ///< height of the footer's two rows
  int margin = std::max(6, side / 50);    ///< white space around a panel
  int line = std::max(2, side / 270);     ///< line width of a box
  int contour = std::max(1, side / 500);  ///< line width of the lungs
  int narrowest = text * 14;              ///< least width of a cell, with room for a short title
};

/// A figure of equal cells, row by row, above a footer. A cell is a caption above a panel of the
/// image's shape.
struct Grid {
  /// Makes the panels as large as `room` allows.
  Grid(cv::Size image, cv::Size room, cv::Size cells_, const Metrics& metrics_)
      : metrics(metrics_),
        cells(cells_),
        panel(metrics.is_native ? image : fitted_size(image, room_of_panel(room))),
        cell(std::max(panel.width, metrics.narrowest), metrics.strip + panel.height) {}

  cv::Size size() const {
    return {cells.width * (cell.width + metrics.margin) + metrics.margin,
            cells.height * (cell.height + metrics.margin) + metrics.footer};
  }
  cv::Rect footer_rect() const {
    return {metrics.margin, size().height - metrics.footer, size().width - 2 * metrics.margin,
            metrics.footer - metrics.margin / 2};
  }
  cv::Rect caption_rect(int i) const {
    return {metrics.margin + i % cells.width * (cell.width + metrics.margin),
            i / cells.width * (cell.height + metrics.margin), cell.width, metrics.strip};
  }
  cv::Rect panel_rect(int i) const {
    const cv::Rect caption = caption_rect(i);
    return {{caption.x + (cell.width - panel.width) / 2, caption.br().y}, panel};
  }

  cv::Size room_of_panel(cv::Size room) const {
    return {(room.width - metrics.margin) / cells.width - metrics.margin,
            (room.height - metrics.footer) / cells.height - metrics.strip - metrics.margin};
  }

  Metrics metrics;
  cv::Size cells;  ///< columns and rows
  cv::Size panel;
  cv::Size cell;
};

/// The place of a rectangle of the image in a panel that shows the whole image; never empty.
cv::Rect place_in_panel(const cv::Rect& rect, cv::Size image, cv::Size panel) {
  const double x_scale = static_cast<double>(panel.width) / image.width;
  const double y_scale = static_cast<double>(panel.height) / image.height;
  const int left = std::min(to_int(rect.x * x_scale), panel.width - 1);
  const int top = std::min(to_int(rect.y * y_scale), panel.height - 1);
  const int right = std::max(to_int(rect.br().x * x_scale), left + 1);
  const int bottom = std::max(to_int(rect.br().y * y_scale), top + 1);
  return {left, top, right - left, bottom - top};
}

/// Draws the lines inside the box, so that they are visible at the panel's edge.
void draw_box(const cv::Mat& panel, const cv::Rect& box, int line) {
  cv::Mat inside = panel(box);
  const int across = std::min(line, box.width);
  const int down = std::min(line, box.height);
  inside.colRange(0, across) = kYellow;
  inside.colRange(box.width - across, box.width) = kYellow;
  inside.rowRange(0, down) = kYellow;
  inside.rowRange(box.height - down, box.height) = kYellow;
}

void draw_overlay(const cv::Mat& panel, const PictureContent& content,
                  const HeatmapOptions& options, const Metrics& metrics) {
  const cv::Rect crop = place_in_panel(content.crop, content.image.size(), panel.size());
  cv::Mat heat;
  cv::resize(content.heat_map, heat, crop.size(), 0, 0, cv::INTER_CUBIC);
  cv::Mat target = panel(crop);
  const cv::Mat opacity =
      options.is_even ? cv::Mat::ones(heat.size(), CV_32FC1) : heat_opacity(heat);
  const cv::Mat weight = (1 - options.xray_opacity) * opacity;
  cv::blendLinear(apply_colormap(heat, options.cmap), target, weight, 1 - weight, target);
  draw_box(panel, crop, metrics.line);
}

/// The outlines of a mask upscaled from `coarse`, without the steps of its pixels.
std::vector<std::vector<cv::Point>> smooth_outlines(const cv::Mat& mask, cv::Size coarse) {
  const double x_step = std::max(1.0, static_cast<double>(mask.cols) / coarse.width);
  const double y_step = std::max(1.0, static_cast<double>(mask.rows) / coarse.height);
  cv::Mat smooth;
  cv::GaussianBlur(mask, smooth, {}, 1.2 * x_step, 1.2 * y_step);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(smooth > 127, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_TC89_KCOS);
  return outlines;
}

/// The outline may miss a speck; the tint is exact and shows why the box extends to it.
void draw_lungs(const cv::Mat& panel, const PictureContent& content, const Metrics& metrics) {
  const cv::Mat mask = resized(content.lung_mask, panel.size());
  const cv::Mat tint(panel.size(), panel.type(), kLungs);
  cv::Mat tinted;
  cv::addWeighted(tint, kLungsOpacity, panel, 1 - kLungsOpacity, 0, tinted);
  tinted.copyTo(panel, mask > 127);
  cv::drawContours(panel, smooth_outlines(mask, content.lung_mask.size()), -1, kLungs,
                   metrics.contour, cv::LINE_AA);
  if (content.lung_box.empty()) return;
  draw_box(panel, place_in_panel(content.lung_box, content.image.size(), panel.size()),
           metrics.line);
}

void draw_enhanced(cv::Mat panel, const cv::Mat& enhanced) {
  panel = kShade;
  const cv::Size size = fitted_size(enhanced.size(), panel.size());
  const cv::Point corner((panel.cols - size.width) / 2, (panel.rows - size.height) / 2);
  cv::Mat target = panel(cv::Rect(corner, size));
  cv::cvtColor(resized(enhanced, size), target, cv::COLOR_RGB2BGR);
}

/// A colour bar in the middle of a strip, with a word on each side.
void draw_color_bar(const cv::Mat& strip, const HeatmapOptions& options, const Metrics& metrics) {
  const int gap = metrics.small;
  const cv::Size size(8 * metrics.small, metrics.small * 2 / 3);
  const cv::Rect bar({(strip.cols - size.width) / 2, (strip.rows - size.height) / 2}, size);
  cv::Mat ramp(1, size.width, CV_32FC1);
  for (int x = 0; x < ramp.cols; ++x) {
    ramp.at<float>(x) = static_cast<float>(x) / static_cast<float>(ramp.cols - 1);
  }
  cv::resize(apply_colormap(ramp, options.cmap), strip(bar), size, 0, 0, cv::INTER_NEAREST);
  // The longer word decides the size of both.
  const FittedText least = fitted("no influence", metrics.small, bar.x - gap);
  const int middle = strip.rows / 2;
  cv::Mat target = strip;
  draw_text(target, least.text, {bar.x - gap, middle}, least.height, Align::right, kInk);
  draw_text(target, "strongest", {bar.br().x + gap, middle}, least.height, Align::left, kInk);
}

/// The image's name and what the picture is for, which is always whole: where there is no room, the
/// letters get a little smaller, and then the name loses its middle.
FittedText footer_line(const std::string& name, int height, int width) {
  const std::string purpose = "For research only, not for diagnosis";
  const std::string tail = (name.empty() ? "" : "  \u00B7  ") + purpose;
  const int smallest = std::max(kSmallestText, height * 3 / 4);
  FittedText whole = fitted(name + tail, height, width, smallest);
  if (whole.text == name + tail) return whole;
  const FittedText shorter = fitted(name, smallest, width - text_width(tail, smallest), smallest);
  if (shorter.text.empty()) return fitted(purpose, smallest, width);
  return {shorter.text + tail, smallest};
}

void draw_footer(const cv::Mat& footer, const PictureContent& content,
                 const HeatmapOptions& options, const Metrics& metrics) {
  if (!content.heat_map.empty()) {
    draw_color_bar(footer.rowRange(0, footer.rows / 2), options, metrics);
  }
  const FittedText line = footer_line(content.name, metrics.small, footer.cols);
  cv::Mat strip = footer.rowRange(footer.rows / 2, footer.rows);
  draw_text(strip, line.text, {strip.cols / 2, strip.rows / 2}, line.height, Align::centre, kInk);
}

cv::Mat draw_overlay_figure(const PictureContent& content, const HeatmapOptions& options) {
  const Metrics metrics(options.figsize, content.image.size());
  const Grid grid(content.image.size(), {metrics.side, metrics.side}, {1, 1}, metrics);
  cv::Mat figure(grid.size(), CV_8UC3, kPaper);
  cv::Mat panel = figure(grid.panel_rect(0));
  cv::cvtColor(resized(content.image, grid.panel), panel, cv::COLOR_GRAY2BGR);
  draw_overlay(panel, content, options, metrics);
  draw_caption(figure(grid.caption_rect(0)), content.title, metrics.text, kInk);
  draw_footer(figure(grid.footer_rect()), content, options, metrics);
  return figure;
}

/// All in a row, or four two by two if that gives larger panels, as for wide images.
Grid panels_grid(cv::Size image, int count, const Metrics& metrics) {
  const cv::Size room(metrics.side * 5 / 2, metrics.side);
  const Grid row(image, room, {count, 1}, metrics);
  if (count < 4) return row;
  const Grid square(image, room, {2, 2}, metrics);
  if (metrics.is_native) return image.width > image.height ? square : row;
  return square.panel.width > row.panel.width ? square : row;
}

struct Panel {
  std::string caption;
  std::function<void(const cv::Mat& radiograph)> draw;  ///< over the radiograph
};

std::vector<Panel> panels_of(const PictureContent& content, const HeatmapOptions& options,
                             const Metrics& metrics) {
  std::vector<Panel> panels{
      {"Radiograph", [](const cv::Mat&) {}},
      {"Lungs", [&](const cv::Mat& panel) { draw_lungs(panel, content, metrics); }}};
  if (!content.enhanced.empty()) {
    panels.push_back(
        {"Enhanced crop", [&](const cv::Mat& panel) { draw_enhanced(panel, content.enhanced); }});
  }
  if (!content.heat_map.empty()) {
    panels.push_back({content.title, [&](const cv::Mat& panel) {
                        draw_overlay(panel, content, options, metrics);
                      }});
  }
  return panels;
}

cv::Mat draw_panels_figure(const PictureContent& content, const HeatmapOptions& options) {
  const Metrics metrics(options.figsize, content.image.size());
  const std::vector<Panel> panels = panels_of(content, options, metrics);
  const Grid grid = panels_grid(content.image.size(), static_cast<int>(panels.size()), metrics);
  cv::Mat figure(grid.size(), CV_8UC3, kPaper);
  cv::Mat radiograph;
  cv::cvtColor(resized(content.image, grid.panel), radiograph, cv::COLOR_GRAY2BGR);
  int i = 0;
  for (const Panel& panel : panels) {
    radiograph.copyTo(figure(grid.panel_rect(i)));
    panel.draw(figure(grid.panel_rect(i)));
    draw_caption(figure(grid.caption_rect(i++)), panel.caption, metrics.text, kInk);
  }
  draw_footer(figure(grid.footer_rect()), content, options, metrics);
  return figure;
}

}  // namespace

cv::Mat draw_picture(const PictureContent& content, const HeatmapOptions& options) {
  return options.layout == Layout::overlay ? draw_overlay_figure(content, options)
                                           : draw_panels_figure(content, options);
}

}  // namespace cxr
