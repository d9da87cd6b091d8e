#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "metrics/metrics.h"

namespace cxr {

/// One set of points in a chart, and how they are shown.
struct Series {
  enum class Mark { line, dashes, dots, bars };

  std::string name;                 ///< for the legend; without a name it is not there
  std::vector<cv::Point2d> points;  ///< in the axes' units; of bars: centre and height
  cv::Scalar color;                 ///< BGR
  Mark mark = Mark::line;           ///< a line through one point is a dot
  double bar_width = 0;             ///< in units of x
};

struct Axis {
  std::string title;
  double low = 0;
  double high = 1;
  bool whole = false;  ///< ticks at whole numbers only
};

/// A pair of axes with series, drawn in their order. What lies outside the axes is cut off.
struct Chart {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Series> series;
};

/// Eight colours that people with colour blindness tell apart (Okabe and Ito, 2008), without their
/// yellow, which is hard to see on white, and with a grey; BGR. Index any number: they come again.
cv::Scalar series_color(std::size_t index);

/// An axis that holds all y of the series, between round numbers.
Axis axis_around(const std::string& title, const std::vector<Series>& series);

/// Draws charts one below the other, CV_8UC3, `panel` pixels each: 600 x 400 or more. The x axis of
/// the first is as long as that of the last.
cv::Mat draw_charts(const std::vector<Chart>& charts, cv::Size panel);

/// Draws a confusion matrix as a table: counts, shaded by their share of the row, with sensitivity
/// at the right and positive predictive value below. CV_8UC3.
cv::Mat draw_confusion_matrix(const ConfusionMatrix& matrix,
                              const std::vector<std::string>& classes, const std::string& title);

}  // namespace cxr
