#include "plot.h"

#include <algorithm>
#include <array>
#include <cmath>

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
constexpr int kSmallest = 11;  ///< height of text that was scaled down
constexpr int kLine = 3;
constexpr int kDashes = 2;  ///< width of a dashed line
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

/// Lays one chart out as shapes.
class ChartLayout {
 public:
  ChartLayout(const Chart& chart, cv::Size panel) : drawing_{panel, {}}, chart_(chart) {
    const int top = kMargin + kTitle + kMargin / 2 + lay_out_legend() + kMargin / 2;
    const int bottom = panel.height - 2 * kMargin - 2 * kText;
    area_ = {cv::Point(kAxisRoom, top), cv::Point(panel.width - kMargin, bottom)};
    // Slightly larger than the plot area, so that lines on the axes keep their width.
    canvas_ = {area_.x - kLine, area_.y - kLine, area_.width + 2 * kLine, area_.height + 2 * kLine};
  }

  Drawing draw() && {
    const int width = drawing_.size.width;
    add_fitted(chart_.title, {width / 2, kMargin + kTitle / 2}, kTitle, width - 2 * kMargin);
    for (const Key& key : legend_) add_key(key);
    add_grid();
    for (const Series& series : chart_.series) add_series(series);
    add_fitted(chart_.x.title, {area_.x + area_.width / 2, drawing_.size.height - kMargin}, kText,
               area_.width);
    add_fitted(chart_.y.title, {kMargin, area_.y + area_.height / 2}, kText, area_.height, true);
    return std::move(drawing_);
  }

 private:
  struct Key {
    const Series* series;
    FittedText name;
    cv::Point at;
  };

  template <typename Form>
  void add(Form form, cv::Rect clip = {}) {
    drawing_.shapes.push_back({std::move(form), clip});
  }

  void add_text(const std::string& text, cv::Point anchor, Align align) {
    add(Label{text, anchor, kText, align, kInk});
  }

  void add_fitted(const std::string& text, cv::Point middle, int height, int width,
                  bool upwards = false) {
    const auto [fitting, fitting_height] = fitted(text, height, width, kSmallest);
    add(Label{fitting, middle, fitting_height, Align::centre, kInk, upwards});
  }

  void add_line(cv::Point2d from, cv::Point2d to, const cv::Scalar& color) {
    add(Polyline{{from, to}, color});
  }

  /// Arranges the names in rows; returns the height of the rows.
  int lay_out_legend() {
    constexpr int kGap = kMargin / 2;
    cv::Point at(kAxisRoom, kMargin * 2 + kTitle + kLegendRow / 4);
    const int room = drawing_.size.width - kMargin - kAxisRoom - kKey - kGap;
    for (const Series& series : chart_.series) {
      if (series.name.empty()) continue;
      const FittedText name = fitted(series.name, kText, room, kSmallest);
      const int width = kKey + kGap + text_width(name.text, name.height);
      const bool is_full = at.x + width > drawing_.size.width - kMargin;
      if (is_full && at.x > kAxisRoom) at = {kAxisRoom, at.y + kLegendRow};
      legend_.push_back({&series, name, at});
      at.x += width + kMargin;
    }
    return legend_.empty() ? 0 : at.y - legend_.front().at.y + kLegendRow;
  }

  void add_key(const Key& key) {
    const auto& [series, name, at] = key;
    const cv::Point end = at + cv::Point(kKey, 0);
    switch (series->mark) {
      case Series::Mark::line:
        add(Polyline{{at, end}, series->color, kLine});
        break;
      case Series::Mark::dashes:
        add(Polyline{{at, end}, series->color, kDashes, true});
        break;
      case Series::Mark::dots:
        add(Disc{at + cv::Point(kKey / 2, 0), 2 * kLine, series->color});
        break;
      case Series::Mark::bars:
      case Series::Mark::band:
        add(Rectangle{cv::Rect(at.x + kKey / 4, at.y - kText / 2, kKey / 2, kText), series->color});
    }
    add(Label{name.text, end + cv::Point(kMargin / 2, 0), name.height, Align::left, kInk});
  }

  void add_grid() {
    const cv::Point corner = area_.br();
    const auto x_ticks = ticks_of(chart_.x, area_.width / 120);
    for (const double value : x_ticks) {
      const int x = cvRound(place({value, chart_.y.low}).x);
      add_line(cv::Point(x, area_.y), cv::Point(x, corner.y), kGrid);
      add_line(cv::Point(x, corner.y), cv::Point(x, corner.y + kTick), kFaint);
      add_text(tick_text(value, x_ticks), {x, corner.y + kTick + kText}, Align::centre);
    }
    const auto y_ticks = ticks_of(chart_.y, area_.height / 70);
    for (const double value : y_ticks) {
      const int y = cvRound(place({chart_.x.low, value}).y);
      add_line(cv::Point(area_.x, y), cv::Point(corner.x, y), kGrid);
      add_line(cv::Point(area_.x - kTick, y), cv::Point(area_.x, y), kFaint);
      add_text(tick_text(value, y_ticks), {area_.x - 2 * kTick, y}, Align::right);
    }
    const cv::Point above(corner.x, area_.y), below(area_.x, corner.y);
    add(Polyline{{area_.tl(), above, corner, below, area_.tl()}, kFaint});
  }

  void add_series(const Series& series) {
    std::vector<cv::Point2d> points;
    points.reserve(series.points.size());
    for (const cv::Point2d& point : series.points) points.push_back(place(point));
    const bool is_dot = series.mark != Series::Mark::band && points.size() == 1;
    if (series.mark == Series::Mark::band) {
      constexpr double kOpacity = 0.18;
      add(Polygon{std::move(points), series.color, kOpacity}, canvas_);
    } else if (series.mark == Series::Mark::bars) {
      add_bars(series, points);
    } else if (series.mark == Series::Mark::dots || is_dot) {
      for (const cv::Point2d& point : points) add(Disc{point, 2 * kLine, series.color}, canvas_);
    } else if (!points.empty()) {
      const bool is_dashed = series.mark == Series::Mark::dashes;
      add(Polyline{std::move(points), series.color,
                   static_cast<double>(is_dashed ? kDashes : kLine), is_dashed},
          canvas_);
    }
  }

  void add_bars(const Series& series, const std::vector<cv::Point2d>& tops) {
    constexpr double kGap = 1;
    const double width = series.bar_width * scale_x() - 2 * kGap;
    const double foot = place({0, chart_.y.low}).y;
    for (const cv::Point2d& top : tops) {
      add(Rectangle{{top.x - width / 2, top.y, width, foot - top.y}, series.color}, canvas_);
    }
  }

  double scale_x() const { return area_.width / (chart_.x.high - chart_.x.low); }

  cv::Point2d place(const cv::Point2d& value) const {
    const double share = (value.y - chart_.y.low) / (chart_.y.high - chart_.y.low);
    return {area_.x + (value.x - chart_.x.low) * scale_x(), area_.br().y - share * area_.height};
  }

  Drawing drawing_;
  const Chart& chart_;
  std::vector<Key> legend_;
  cv::Rect area_, canvas_;
};

/// The layout of a table of equal cells, with names on the left and above.
struct TableGrid {
  TableGrid(const std::vector<std::string>& classes, const std::string& title) {
    for (const std::string& name : classes) names = std::max(names, text_width(name, kText));
    names = std::min(names, kWidestName);
    cell = {std::max({names, text_width(kSensitivity, kText), 110}) + 30, 88};
    names = std::max(names, text_width(kPpv, kText)) + 40;
    top = 2 * kMargin + kTitle + 2 * kLegendRow;
    const auto count = static_cast<int>(classes.size());
    const int widest_title = std::min(text_width(title, kTitle), 900);
    size = {std::max(names + (count + 1) * cell.width, widest_title) + 2 * kMargin,
            top + (count + 1) * cell.height + kMargin};
  }
  cv::Rect at(std::size_t row, std::size_t column) const {
    return {kMargin + names + static_cast<int>(column) * cell.width,
            top + static_cast<int>(row) * cell.height, cell.width, cell.height};
  }

  static constexpr int kWidestName = 260;
  static constexpr const char* kSensitivity = "Sensitivity";
  static constexpr const char* kPpv = "P.P.V.";
  cv::Size cell;
  int names = 0;  ///< width of the names on the left
  int top = 0;
  cv::Size size;
};

cv::Point centre_of(const cv::Rect& rect) { return (rect.tl() + rect.br()) / 2; }

std::string measure_text(const Measure& measure) { return measure ? fixed(*measure, 4) : "-"; }

/// Lays a confusion matrix out as shapes.
class MatrixLayout {
 public:
  MatrixLayout(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
               const std::string& title)
      : matrix_(matrix), classes_(classes), grid_(classes, title), drawing_{grid_.size, {}} {
    add({drawing_.size.width / 2, kMargin + kTitle / 2}, title, kInk, Align::centre, kTitle,
        drawing_.size.width - 2 * kMargin);
  }

  Drawing draw() && {
    const std::size_t count = classes_.size();
    const cv::Point row_up(0, kLegendRow);
    add((above(0) + above(count - 1)) / 2 - row_up, "predicted", kFaint);
    add(left(0) - cv::Point(0, grid_.cell.height / 2 + kLegendRow / 2), "true", kFaint,
        Align::right);
    add(above(count), TableGrid::kSensitivity, kFaint);
    add(left(count), TableGrid::kPpv, kFaint, Align::right);
    for (std::size_t i = 0; i < count; ++i) {
      add(above(i), classes_[i], kInk);
      add(left(i), classes_[i], kInk, Align::right);
      for (std::size_t c = 0; c < count; ++c) add_count(i, c);
      add(centre_of(grid_.at(i, count)), measure_text(matrix_.sensitivity(i)), kInk);
      add(centre_of(grid_.at(count, i)), measure_text(matrix_.positive_predictive_value(i)), kInk);
    }
    return std::move(drawing_);
  }

 private:
  cv::Point above(std::size_t column) const {
    return centre_of(grid_.at(0, column)) - cv::Point(0, grid_.cell.height / 2 + kLegendRow / 2);
  }
  cv::Point left(std::size_t row) const {
    return {kMargin + grid_.names - 16, centre_of(grid_.at(row, 0)).y};
  }

  void add(cv::Point anchor, const std::string& text, const cv::Scalar& color,
           Align align = Align::centre, int height = kText, int width = TableGrid::kWidestName) {
    const auto [fitting, fitting_height] = fitted(text, height, width, kSmallest);
    drawing_.shapes.push_back({Label{fitting, anchor, fitting_height, align, color}, {}});
  }

  /// A count, and the cell's shade by its share of the row.
  void add_count(std::size_t row, std::size_t column) {
    const std::size_t of = matrix_.images_of(row), count = matrix_.at(row, column);
    const double share = of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
    const cv::Rect cell = grid_.at(row, column);
    const cv::Rect inner(cell.x + 2, cell.y + 2, cell.width - 4, cell.height - 4);
    const Shape shade{Rectangle{inner, kPaper * (1 - share) + kBlue * share}, {}};
    drawing_.shapes.push_back(shade);
    const cv::Scalar& ink = share > 0.55 ? kPaper : kInk;
    add(centre_of(cell) - cv::Point(0, kText * 3 / 4), std::to_string(count), ink, Align::centre,
        kTitle);
    if (of == 0) return;
    add(centre_of(cell) + cv::Point(0, kText * 5 / 4), fixed(100 * share, 1) + " %", ink,
        Align::centre, kText * 4 / 5);
  }

  const ConfusionMatrix& matrix_;
  const std::vector<std::string>& classes_;
  TableGrid grid_;
  Drawing drawing_;
};

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

Drawing draw_chart(const Chart& chart, cv::Size panel) { return ChartLayout(chart, panel).draw(); }

Drawing draw_confusion_matrix(const ConfusionMatrix& matrix,
                              const std::vector<std::string>& classes, const std::string& title) {
  return MatrixLayout(matrix, classes, title).draw();
}

}  // namespace cxr
