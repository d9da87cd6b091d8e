#include "draw/plot.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "draw/palette.h"
#include "support/look.h"

namespace cxr {
namespace {

using test::pixels_of;

cv::Mat picture_of(const Chart& chart) { return rasterized(draw_chart(chart, {900, 700})); }

cv::Mat matrix_picture(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
                       const std::string& title) {
  return rasterized(draw_confusion_matrix(matrix, classes, title));
}

Chart chart_of(Series::Mark mark) {
  Series series{"curve", {{0, 0}, {0.5, 0.8}, {1, 1}}, series_color(0), mark, 0.1};
  return {"A title", {"x", 0, 1}, {"y", 0, 1}, {series}};
}

TEST(Plot, ChartsHaveTheGivenSizeAndAreStacked) {
  const Drawing one = draw_chart(chart_of(Series::Mark::line), {900, 700});
  const cv::Mat picture = rasterized(one);
  EXPECT_EQ(picture.size(), cv::Size(900, 700));
  EXPECT_EQ(picture.type(), CV_8UC3);
  const cv::Mat two = rasterized(stacked({one, one}));
  EXPECT_EQ(two.size(), cv::Size(900, 1400));
  for (const int top : {0, 700}) {
    EXPECT_EQ(cv::norm(two.rowRange(top, top + 700), picture, cv::NORM_INF), 0);
  }
}

TEST(Plot, EveryKindOfMarkIsSeenInItsColour) {
  for (const auto mark :
       {Series::Mark::line, Series::Mark::dashes, Series::Mark::dots, Series::Mark::bars}) {
    EXPECT_GT(pixels_of(picture_of(chart_of(mark)), series_color(0)), 150);
  }
}

TEST(Plot, ABandLetsShineThroughWhatIsBelow) {
  Chart chart = chart_of(Series::Mark::line);
  chart.series[0].name = "";
  const cv::Mat before = picture_of(chart);
  chart.series.push_back(
      {"", {{0.2, 0.9}, {0.8, 0.9}, {0.8, 0.1}, {0.2, 0.1}}, kVermilion, Series::Mark::band});
  const cv::Mat after = picture_of(chart);
  cv::Mat changed;
  cv::inRange(before - after, cv::Scalar(0, 0, 0), cv::Scalar(0, 0, 0), changed);
  EXPECT_GT(before.total() - static_cast<std::size_t>(cv::countNonZero(changed)), 100000U);
  EXPECT_EQ(pixels_of(after, kVermilion), 0);
  EXPECT_GT(pixels_of(before, series_color(0)), pixels_of(after, series_color(0)));
}

TEST(Plot, ALineThroughOnePointIsADot) {
  Chart chart = chart_of(Series::Mark::line);
  chart.series[0].name = "";
  chart.series[0].points = {{0.5, 0.5}};
  EXPECT_GT(pixels_of(picture_of(chart), series_color(0)), 20);
}

TEST(Plot, WhatLiesOutsideTheAxesIsCutOff) {
  Chart chart = chart_of(Series::Mark::line);
  chart.series[0].name = "";
  const Chart empty{chart.title, chart.x, chart.y, {}};
  chart.series[0].points = {{5, 5}, {7, 9}};
  EXPECT_EQ(cv::norm(picture_of(chart), picture_of(empty), cv::NORM_INF), 0);
}

TEST(Plot, AxesEndAtRoundNumbersAroundTheData) {
  const Axis axis = axis_around("loss", {{"", {{1, 0.31}, {2, 1.12}}, {}}});
  EXPECT_NEAR(axis.low, 0.2, 1e-9);
  EXPECT_NEAR(axis.high, 1.2, 1e-9);
  const Axis flat = axis_around("loss", {{"", {{1, 0.5}, {2, 0.5}}, {}}});
  EXPECT_LE(flat.low, 0.5);
  EXPECT_GT(flat.high, 0.5);
  const Axis none = axis_around("loss", {});
  EXPECT_LT(none.low, none.high);
}

TEST(Plot, ConfusionMatrixShadesTheRightCellsMost) {
  ConfusionMatrix matrix(2);
  matrix.at(0, 0) = 10;
  const std::vector<std::string> classes{"COVID-19", "Normal"};
  const cv::Mat table = matrix_picture(matrix, classes, "969 images");
  EXPECT_EQ(table.type(), CV_8UC3);
  const int shaded = pixels_of(table, {178, 114, 0});
  EXPECT_GT(shaded, 2000);
  matrix.at(1, 1) = 10;
  EXPECT_GT(pixels_of(matrix_picture(matrix, classes, "969 images"), {178, 114, 0}),
            shaded * 3 / 2);
}

/// Distance of the ink from each edge of a picture.
int margin_of(const cv::Mat& picture) {
  cv::Mat ink;
  cv::inRange(picture, kPaper, kPaper, ink);
  const cv::Rect box = cv::boundingRect(ink == 0);
  return std::min({box.x, box.y, picture.cols - box.br().x, picture.rows - box.br().y});
}

TEST(Plot, LongTextsTouchNoEdge) {
  const std::string text(120, 'W');
  Chart chart = chart_of(Series::Mark::line);
  chart.title = chart.x.title = chart.y.title = chart.series[0].name = text;
  EXPECT_GE(margin_of(picture_of(chart)), 8);
  EXPECT_GE(margin_of(matrix_picture(ConfusionMatrix(2), {text, "B"}, text)), 8);
}

TEST(Plot, LongNamesWidenTheTable) {
  const std::vector<std::string> classes{"A", "A class with a name that is long"};
  const cv::Mat table = matrix_picture(ConfusionMatrix(2), classes, "t");
  EXPECT_GT(table.cols, matrix_picture(ConfusionMatrix(2), {"A", "B"}, "t").cols);
}

}  // namespace
}  // namespace cxr
