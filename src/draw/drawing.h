#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <variant>
#include <vector>

#include "text.h"

namespace cxr {

// A drawing is a list of shapes, which can be painted as pixels or written as SVG. Lengths are
// pixels, colours BGR.

struct Polyline {
  std::vector<cv::Point2d> points;
  cv::Scalar color;
  double width = 1;
  bool dashed = false;
};

struct Polygon {
  std::vector<cv::Point2d> points;
  cv::Scalar color;
  double opacity = 1;
};

struct Rectangle {
  cv::Rect2d area;
  cv::Scalar color;
};

struct Disc {
  cv::Point2d centre;
  double radius = 1;
  cv::Scalar color;
};

/// A line of text; see draw_text().
struct Label {
  std::string text;
  cv::Point anchor;
  int height = 10;  ///< of capital letters
  Align align = Align::left;
  cv::Scalar color;
  bool upwards = false;  ///< turned by 90 degrees counterclockwise around the anchor
};

struct Shape {
  std::variant<Polyline, Polygon, Rectangle, Disc, Label> form;
  cv::Rect clip;  ///< nothing is painted outside; empty: no limit
};

/// On white, in the order of the shapes.
struct Drawing {
  cv::Size size;
  std::vector<Shape> shapes;
};

/// Drawings below each other.
Drawing stacked(const std::vector<Drawing>& drawings);

/// CV_8UC3.
cv::Mat rasterized(const Drawing& drawing);

/// A complete SVG file. Text is text, in DejaVu Sans or a font of the same widths.
std::string to_svg(const Drawing& drawing);

/// Writes NAME.png, and NAME.svg beside it, each whole or not at all. Throws Error naming the file.
void write_drawing(const std::filesystem::path& png, const Drawing& drawing);

}  // namespace cxr
