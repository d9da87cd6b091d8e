#include "segmentation_charts.h"

#include <algorithm>
#include <map>
#include <opencv2/imgproc.hpp>

#include "base/format.h"
#include "base/resize.h"
#include "draw/contours.h"
#include "draw/palette.h"
#include "draw/plot.h"
#include "draw/text.h"

namespace cxr {
namespace {

const cv::Size kChart(1100, 800);

/// Dice over Estimated Quality: one series per value of the column `source`, if there is one.
std::vector<Series> series_by_source(const SegmentationReport& report) {
  const auto& columns = report.data.columns;
  const auto column = std::ranges::find(columns, "source");
  const auto index = static_cast<std::size_t>(column - columns.begin());
  std::map<std::string, std::vector<cv::Point2d>> points;
  for (const std::size_t row : good_rows(report.images)) {
    const std::string source = column == columns.end() ? "" : report.data.rows[row].cells[index];
    points[source].emplace_back(report.images[row].quality, report.images[row].dice);
  }
  std::vector<Series> series;
  series.reserve(points.size());
  for (auto& [source, of_source] : points) {
    series.push_back(
        {source, std::move(of_source), series_color(series.size()), Series::Mark::dots});
  }
  return series;
}

Chart quality_chart(const SegmentationReport& report) {
  std::vector<Series> series = series_by_source(report);
  std::vector<Series> transposed = series;
  for (Series& each : transposed) {
    for (cv::Point2d& point : each.points) std::swap(point.x, point.y);
  }
  const Measure& spearman = report.overall.quality_and_dice.value;
  return {"Estimated Quality and Dice (Spearman " + (spearman ? fixed(*spearman, 2) : "-") + ")",
          axis_around("Estimated Quality", transposed), axis_around("Dice", series),
          std::move(series)};
}

/// The steps of a cumulative distribution of sorted values, up to 1 at Dice 1.
std::vector<cv::Point2d> cumulative_steps(const std::vector<double>& sorted) {
  std::vector<cv::Point2d> steps{{sorted.front(), 0}};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    steps.emplace_back(sorted[i], steps.back().y);
    steps.emplace_back(sorted[i], static_cast<double>(i + 1) / static_cast<double>(sorted.size()));
  }
  steps.emplace_back(1, 1);
  return steps;
}

Chart dice_chart(const SegmentationReport& report) {
  std::vector<Series> series = series_by_source(report);
  double lowest = 1;
  for (Series& each : series) {
    std::vector<double> values;
    values.reserve(each.points.size());
    for (const cv::Point2d& point : each.points) values.push_back(point.y);
    std::ranges::sort(values);
    lowest = std::min(lowest, values.front());
    each.mark = Series::Mark::line;
    each.name.append(each.name.empty() ? "(" : " (").append(std::to_string(values.size()) + ")");
    each.points = cumulative_steps(values);
  }
  const Axis x = axis_around("Dice", {{"", {{0, lowest}, {0, 1}}, {}}});
  return {"Distribution of Dice", x, {"cumulative share of images", 0, 1}, std::move(series)};
}

}  // namespace

Drawing draw_dice(const SegmentationReport& report) {
  return draw_chart(dice_chart(report), kChart);
}

Drawing draw_quality(const SegmentationReport& report) {
  return draw_chart(quality_chart(report), kChart);
}

cv::Mat draw_masks(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted,
                   const std::string& title) {
  constexpr int kSide = 800;
  constexpr int kNarrowest = 600;  ///< leaves room for the title
  constexpr int kText = 17;
  constexpr int kStrip = 44;
  const cv::Size size = with_longer_side(image.size(), kSide);
  cv::Mat radiograph;
  cv::cvtColor(resized(image, size), radiograph, cv::COLOR_GRAY2BGR);
  draw_contours(radiograph, truth, predicted);

  cv::Mat picture(size.height + 2 * kStrip, std::max(size.width, kNarrowest), CV_8UC3, kPaper);
  draw_caption(picture.rowRange(0, kStrip), title, kText, kInk);
  draw_contour_keys(picture.rowRange(kStrip, 2 * kStrip), both_masks(), kText);
  radiograph.copyTo(picture(cv::Rect({(picture.cols - size.width) / 2, 2 * kStrip}, size)));
  return picture;
}

}  // namespace cxr
