#include "draw/plot.h"

#include <gtest/gtest.h>

#include "draw/palette.h"
#include "support/look.h"

namespace cxr {
namespace {

using test::pixels_of;

Chart chart_of(Series::Mark mark) {
  Series series{"curve", {{0, 0}, {0.5, 0.8}, {1, 1}}, series_color(0), mark, 0.1};
  return {"A title", {"x", 0, 1}, {"y", 0, 1}, {series}};
}

TEST(Plot, ChartsAreStackedAtTheGivenSize) {
  const cv::Mat one = draw_charts({chart_of(Series::Mark::line)}, {900, 700});
  EXPECT_EQ(one.size(), cv::Size(900, 700));
  EXPECT_EQ(one.type(), CV_8UC3);
  const cv::Mat two =
      draw_charts({chart_of(Series::Mark::line), chart_of(Series::Mark::dots)}, {900, 700});
  EXPECT_EQ(two.size(), cv::Size(900, 1400));
  EXPECT_EQ(cv::norm(two.rowRange(0, 700), one, cv::NORM_INF), 0);
}

TEST(Plot, EveryKindOfMarkIsSeenInItsColour) {
  for (const auto mark :
       {Series::Mark::line, Series::Mark::dashes, Series::Mark::dots, Series::Mark::bars}) {
    EXPECT_GT(pixels_of(draw_charts({chart_of(mark)}, {900, 700}), series_color(0)), 150);
  }
}

TEST(Plot, ABandLetsShineThroughWhatIsBelow) {
  Chart chart = chart_of(Series::Mark::line);
  chart.series[0].name = "";
  const cv::Mat before = draw_charts({chart}, {900, 700});
  chart.series.push_back(
      {"", {{0.2, 0.9}, {0.8, 0.9}, {0.8, 0.1}, {0.2, 0.1}}, kVermilion, Series::Mark::band});
  const cv::Mat after = draw_charts({chart}, {900, 700});
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
  EXPECT_GT(pixels_of(draw_charts({chart}, {900, 700}), series_color(0)), 20);
}

TEST(Plot, WhatLiesOutsideTheAxesIsCutOff) {
  Chart chart = chart_of(Series::Mark::line);
  chart.series[0].name = "";
  const Chart empty{chart.title, chart.x, chart.y, {}};
  chart.series[0].points = {{5, 5}, {7, 9}};
  EXPECT_EQ(
      cv::norm(draw_charts({chart}, {900, 700}), draw_charts({empty}, {900, 700}), cv::NORM_INF),
      0);
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
  const cv::Mat table = draw_confusion_matrix(matrix, classes, "969 images");
  EXPECT_EQ(table.type(), CV_8UC3);
  const int shaded = pixels_of(table, {178, 114, 0});
  EXPECT_GT(shaded, 2000);
  matrix.at(1, 1) = 10;
  EXPECT_GT(pixels_of(draw_confusion_matrix(matrix, classes, "969 images"), {178, 114, 0}),
            shaded * 3 / 2);
}

TEST(Plot, LongNamesWidenTheTable) {
  const std::vector<std::string> classes{"A", "A class with a name that is long"};
  const cv::Mat table = draw_confusion_matrix(ConfusionMatrix(2), classes, "t");
  EXPECT_GT(table.cols, draw_confusion_matrix(ConfusionMatrix(2), {"A", "B"}, "t").cols);
}

}  // namespace
}  // namespace cxr
