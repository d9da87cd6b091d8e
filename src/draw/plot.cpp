#include "plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/format.h"
#include "palette.h"
#include "text.h"

namespace cxr {
namespace {

// Colours are BGR, lengths pixels.
const cv::Scalar kFaint(120, 114, 108);
const cv::Scalar kGrid(232, 229, 226);

constexpr int kText = 17;
constexpr int kTitle = 22;
constexpr int kLine = 3;
constexpr int kTick = 8;
constexpr int kMargin = 28;
constexpr int kKey = 44;  ///< length of a line in the legend
constexpr int kLegendRow = 36;
constexpr int kAxisRoom = 130;  ///< left of a chart, for tick labels and the axis title

/// 1, 2 or 5 times a power of ten; about `steps` of them cover `range`.
double round_step(double range, int steps) {
  const double rough = range / steps;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) return factor * power;
  }
  return 10 * power;
}

std::vector<double> ticks_of(const Axis& axis, int steps) {
  double step = round_step(axis.high - axis.low, steps);
  if (axis.whole) step = std::max(1.0, step);
  std::vector<double> values;
  const double tolerance = step * 1e-6;
  for (double i = std::ceil((axis.low - tolerance) / step); i * step <= axis.high + tolerance;
       ++i) {
    values.push_back(i * step);
  }
  return values;
}

/// With as many decimals as the step between ticks needs.
std::string tick_text(double value, const std::vector<double>& all) {
  const double step = all.size() < 2 ? 1 : all[1] - all[0];
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step * 1.001))));
  return fixed(std::abs(value) < step / 2 ? 0 : value, decimals);
}

/// Draws one chart into its panel.
class ChartPainter {
 public:
  ChartPainter(cv::Mat panel, const Chart& chart) : panel_(std::move(panel)), chart_(chart) {
    const int top = kMargin + kTitle + kMargin / 2 + lay_out_legend() + kMargin / 2;
    const int bottom = panel_.rows - 2 * kMargin - 2 * kText;
    area_ = {cv::Point(kAxisRoom, top), cv::Point(panel_.cols - kMargin, bottom)};
  }

  void draw() {
    draw_caption(panel_(cv::Rect(0, kMargin / 2, panel_.cols, kTitle + kMargin)), chart_.title,
                 kTitle, kInk);
    draw_legend();
    draw_grid();
    // Slightly larger than the plot area, so that lines on the axes keep their width.
    const cv::Rect canvas(area_.x - kLine, area_.y - kLine, area_.width + 2 * kLine,
                          area_.height + 2 * kLine);
    cv::Mat inside = panel_(canvas);
    for (const Series& series : chart_.series) draw_series(inside, canvas.tl(), series);
    draw_axis_titles();
  }

 private:
  struct Key {
    const Series* series;
    cv::Point at;
  };

  /// Arranges the names in rows; returns the height of the rows.
  int lay_out_legend() {
    cv::Point at(kAxisRoom, kMargin * 2 + kTitle + kLegendRow / 4);
    for (const Series& series : chart_.series) {
      if (series.name.empty()) continue;
      const int width = kKey + kMargin / 2 + text_width(series.name, kText) + kMargin;
      if (at.x + width > panel_.cols && at.x > kAxisRoom) at = {kAxisRoom, at.y + kLegendRow};
      legend_.push_back({&series, at});
      at.x += width;
    }
    return legend_.empty() ? 0 : at.y - legend_.front().at.y + kLegendRow;
  }

  void draw_legend() {
    for (const auto& [series, at] : legend_) {
      const cv::Point end = at + cv::Point(kKey, 0);
      const cv::Point middle = at + cv::Point(kKey / 2, 0);
      switch (series->mark) {
        case Series::Mark::line:
          cv::line(panel_, at, end, series->color, kLine, cv::LINE_AA);
          break;
        case Series::Mark::dashes:
          draw_dashes(panel_, at, end, series->color);
          break;
        case Series::Mark::dots:
          cv::circle(panel_, middle, 2 * kLine, series->color, cv::FILLED, cv::LINE_AA);
          break;
        case Series::Mark::bars:
        case Series::Mark::band:
          cv::rectangle(panel_, cv::Rect(at.x + kKey / 4, at.y - kText / 2, kKey / 2, kText),
                        series->color, cv::FILLED);
      }
      draw_text(panel_, series->name, end + cv::Point(kMargin / 2, 0), kText, Align::left, kInk);
    }
  }

  void draw_grid() {
    const auto x_ticks = ticks_of(chart_.x, area_.width / 120);
    for (const double value : x_ticks) {
      const int x = cvRound(place({value, chart_.y.low}).x);
      cv::line(panel_, {x, area_.y}, {x, area_.br().y}, kGrid, 1);
      cv::line(panel_, {x, area_.br().y}, {x, area_.br().y + kTick}, kFaint, 1);
      draw_text(panel_, tick_text(value, x_ticks), {x, area_.br().y + kTick + kText}, kText,
                Align::centre, kInk);
    }
    const auto y_ticks = ticks_of(chart_.y, area_.height / 70);
    for (const double value : y_ticks) {
      const int y = cvRound(place({chart_.x.low, value}).y);
      cv::line(panel_, {area_.x, y}, {area_.br().x, y}, kGrid, 1);
      cv::line(panel_, {area_.x - kTick, y}, {area_.x, y}, kFaint, 1);
      draw_text(panel_, tick_text(value, y_ticks), {area_.x - 2 * kTick, y}, kText, Align::right,
                kInk);
    }
    cv::rectangle(panel_, area_.tl(), area_.br(), kFaint, 1);
  }

  void draw_axis_titles() {
    draw_text(panel_, chart_.x.title,
              {area_.x + area_.width / 2, panel_.rows - kMargin / 2 - kText / 2}, kText,
              Align::centre, kInk);
    cv::Mat strip(2 * kText, area_.height, CV_8UC3, kPaper);
    draw_caption(strip, chart_.y.title, kText, kInk);
    cv::rotate(strip, strip, cv::ROTATE_90_COUNTERCLOCKWISE);
    strip.copyTo(panel_(cv::Rect({kMargin / 4, area_.y}, strip.size())));
  }

  void draw_series(cv::Mat& canvas, cv::Point corner, const Series& series) const {
    const cv::Point2d origin(corner);
    std::vector<cv::Point2d> points;
    for (const cv::Point2d& point : series.points) points.push_back(place(point) - origin);
    if (series.mark == Series::Mark::band) {
      draw_band(canvas, points, series.color);
    } else if (series.mark == Series::Mark::bars) {
      const double half = series.bar_width / 2 * scale_x();
      const double foot = place({0, chart_.y.low}).y - origin.y;
      for (const cv::Point2d& top : points) {
        cv::rectangle(canvas, cv::Point(cvRound(top.x - half) + 1, cvRound(top.y)),
                      cv::Point(cvRound(top.x + half) - 1, cvRound(foot)), series.color,
                      cv::FILLED);
      }
    } else if (series.mark == Series::Mark::dots || points.size() == 1) {
      for (const cv::Point2d& point : points) {
        cv::circle(canvas, fine(point), 2 * kLine << kFine, series.color, cv::FILLED, cv::LINE_AA,
                   kFine);
      }
    } else {
      for (std::size_t i = 1; i < points.size(); ++i) {
        if (series.mark == Series::Mark::dashes) {
          draw_dashes(canvas, points[i - 1], points[i], series.color);
        } else {
          cv::line(canvas, fine(points[i - 1]), fine(points[i]), series.color, kLine, cv::LINE_AA,
                   kFine);
        }
      }
    }
  }

  static void draw_band(cv::Mat& canvas, const std::vector<cv::Point2d>& points,
                        const cv::Scalar& color) {
    constexpr double kOpacity = 0.18;
    if (points.size() < 3) return;
    std::vector<cv::Point> outline;
    for (const cv::Point2d& point : points) outline.push_back(fine(point));
    cv::Mat painted = canvas.clone();
    cv::fillPoly(painted, std::vector{outline}, color, cv::LINE_AA, kFine);
    cv::addWeighted(painted, kOpacity, canvas, 1 - kOpacity, 0, canvas);
  }

  static void draw_dashes(cv::Mat& canvas, cv::Point2d from, cv::Point2d to,
                          const cv::Scalar& color) {
    constexpr double kDash = 12;
    const double length = cv::norm(to - from);
    const cv::Point2d step = length > 0 ? (to - from) / length : cv::Point2d();
    for (double at = 0; at < length; at += 2 * kDash) {
      cv::line(canvas, fine(from + step * at), fine(from + step * std::min(at + kDash, length)),
               color, kLine - 1, cv::LINE_AA, kFine);
    }
  }

  double scale_x() const { return area_.width / (chart_.x.high - chart_.x.low); }

  cv::Point2d place(const cv::Point2d& value) const {
    const double share = (value.y - chart_.y.low) / (chart_.y.high - chart_.y.low);
    return {area_.x + (value.x - chart_.x.low) * scale_x(), area_.br().y - share * area_.height};
  }

  /// Points in sixteenths of a pixel.
  static constexpr int kFine = 4;
  static cv::Point fine(const cv::Point2d& point) {
    return {cvRound(point.x * (1 << kFine)), cvRound(point.y * (1 << kFine))};
  }

  cv::Mat panel_;
  const Chart& chart_;
  std::vector<Key> legend_;
  cv::Rect area_;
};

/// A table of equal cells, with names on the left and above.
struct TableGrid {
  TableGrid(const std::vector<std::string>& classes, const std::string& title) {
    for (const std::string& name : classes) names = std::max(names, text_width(name, kText));
    cell = {std::max({names, text_width("Sensitivity", kText), 110}) + 30, 88};
    names = std::max(names, text_width("P.P.V.", kText)) + 40;
    top = 2 * kMargin + kTitle + 2 * kLegendRow;
    const auto count = static_cast<int>(classes.size());
    size = {std::max(names + (count + 1) * cell.width, text_width(title, kTitle)) + 2 * kMargin,
            top + (count + 1) * cell.height + kMargin};
  }
  cv::Rect at(std::size_t row, std::size_t column) const {
    return {kMargin + names + static_cast<int>(column) * cell.width,
            top + static_cast<int>(row) * cell.height, cell.width, cell.height};
  }
  cv::Size cell;
  int names = 0;  ///< width of the names on the left
  int top = 0;
  cv::Size size;
};

cv::Point centre_of(const cv::Rect& rect) { return (rect.tl() + rect.br()) / 2; }

std::string measure_text(const Measure& measure) { return measure ? fixed(*measure, 4) : "-"; }

void draw_count(cv::Mat& table, const cv::Rect& cell, std::size_t count, std::size_t of) {
  const double share = of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
  const cv::Rect inner(cell.x + 2, cell.y + 2, cell.width - 4, cell.height - 4);
  cv::rectangle(table, inner, kPaper * (1 - share) + kBlue * share, cv::FILLED);
  const cv::Scalar& ink = share > 0.55 ? kPaper : kInk;
  draw_text(table, std::to_string(count), centre_of(cell) - cv::Point(0, kText * 3 / 4), kTitle,
            Align::centre, ink);
  if (of > 0) {
    draw_text(table, fixed(100 * share, 1) + " %", centre_of(cell) + cv::Point(0, kText * 5 / 4),
              kText * 4 / 5, Align::centre, ink);
  }
}

}  // namespace

cv::Scalar series_color(std::size_t index) {
  static const std::array<cv::Scalar, 8> colors{kBlue,   kVermilion, kGreen, kPurple,
                                                kOrange, kSkyBlue,   kInk,   kGrey};
  return colors[index % colors.size()];
}

Axis axis_around(const std::string& title, const std::vector<Series>& series) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const Series& each : series) {
    for (const cv::Point2d& point : each.points) {
      low = std::min(low, point.y);
      high = std::max(high, point.y);
    }
  }
  if (low > high) return {title};
  if (high - low < 1e-9) high = low + std::max(1e-3, std::abs(low) / 10);
  const double step = round_step(high - low, 5);
  return {title, std::floor(low / step) * step, std::ceil(high / step) * step};
}

cv::Mat draw_charts(const std::vector<Chart>& charts, cv::Size panel) {
  cv::Mat figure(panel.height * static_cast<int>(charts.size()), panel.width, CV_8UC3, kPaper);
  for (std::size_t i = 0; i < charts.size(); ++i) {
    const int top = static_cast<int>(i) * panel.height;
    ChartPainter(figure.rowRange(top, top + panel.height), charts[i]).draw();
  }
  return figure;
}

cv::Mat draw_confusion_matrix(const ConfusionMatrix& matrix,
                              const std::vector<std::string>& classes, const std::string& title) {
  const TableGrid grid(classes, title);
  const std::size_t count = classes.size();
  cv::Mat table(grid.size, CV_8UC3, kPaper);
  draw_caption(table(cv::Rect(0, kMargin / 2, table.cols, kTitle + kMargin)), title, kTitle, kInk);
  const auto above = [&](std::size_t column) {
    return centre_of(grid.at(0, column)) - cv::Point(0, grid.cell.height / 2 + kLegendRow / 2);
  };
  const auto left = [&](std::size_t row) {
    return cv::Point(kMargin + grid.names - 16, centre_of(grid.at(row, 0)).y);
  };
  draw_text(table, "predicted", (above(0) + above(count - 1)) / 2 - cv::Point(0, kLegendRow), kText,
            Align::centre, kFaint);
  draw_text(table, "true", left(0) - cv::Point(0, grid.cell.height / 2 + kLegendRow / 2), kText,
            Align::right, kFaint);
  draw_text(table, "Sensitivity", above(count), kText, Align::centre, kFaint);
  draw_text(table, "P.P.V.", left(count), kText, Align::right, kFaint);
  for (std::size_t i = 0; i < count; ++i) {
    draw_text(table, classes[i], above(i), kText, Align::centre, kInk);
    draw_text(table, classes[i], left(i), kText, Align::right, kInk);
    for (std::size_t c = 0; c < count; ++c) {
      draw_count(table, grid.at(i, c), matrix.at(i, c), matrix.images_of(i));
    }
    draw_text(table, measure_text(matrix.sensitivity(i)), centre_of(grid.at(i, count)), kText,
              Align::centre, kInk);
    draw_text(table, measure_text(matrix.positive_predictive_value(i)),
              centre_of(grid.at(count, i)), kText, Align::centre, kInk);
  }
  return table;
}

}  // namespace cxr
