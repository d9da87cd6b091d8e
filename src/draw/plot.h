#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "drawing.h"
#include "metrics/metrics.h"

namespace cxr {

/// One set of points in a chart, and how to draw it.
struct Series {
  enum class Mark {
    line,
    dashes,
    dots,
    bars,
    band  ///< a translucent polygon
  };

  std::string name;                 ///< for the legend; not shown there if empty
  std::vector<cv::Point2d> points;  ///< in the axes' units; for bars: centre and height
  cv::Scalar color;                 ///< BGR
  Mark mark = Mark::line;           ///< a line of one point is drawn as a dot
  double bar_width = 0;             ///< in units of x
};

struct Axis {
  std::string title;
  double low = 0;
  double high = 1;
  bool whole = false;  ///< ticks only at whole numbers
};

/// A pair of axes with series, drawn in order and clipped to the axes.
struct Chart {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Series> series;
};

/// One of eight colours of the palette, BGR: those of Okabe and Ito without their yellow, which is
/// hard to see on white, and a grey. They repeat.
cv::Scalar series_color(std::size_t index);

/// An axis between round numbers that covers all y values of the series.
Axis axis_around(const std::string& title, const std::vector<Series>& series);

/// Draws a chart of `panel` pixels, at least 600 x 400. Long names are fitted to the width; the x
/// axes of all charts of one width have the same length.
Drawing draw_chart(const Chart& chart, cv::Size panel);

/// Draws a confusion matrix as a table: counts, shaded by their share of the row, with sensitivity
/// on the right and positive predictive value below.
Drawing draw_confusion_matrix(const ConfusionMatrix& matrix,
                              const std::vector<std::string>& classes, const std::string& title);

}  // namespace cxr
