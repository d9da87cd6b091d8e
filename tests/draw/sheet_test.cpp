#include "draw/sheet.h"

#include <gtest/gtest.h>

#include "support/look.h"

namespace cxr {
namespace {

const cv::Scalar kRed(0, 0, 200), kBlueHere(200, 0, 0);

SheetPicture plain(const cv::Scalar& color, cv::Size size = {kSheetSide, kSheetSide}) {
  return {cv::Mat(size, CV_8UC3, color), {"a name", "and more"}};
}

TEST(Sheet, ImagesFitIntoTheirSquare) {
  const cv::Mat wide = for_sheet(cv::Mat(100, 400, CV_8UC1, cv::Scalar(7)));
  EXPECT_EQ(wide.size(), cv::Size(kSheetSide, kSheetSide / 4));
  EXPECT_EQ(wide.type(), CV_8UC3);
  EXPECT_EQ(test::pixels_of(wide, {7, 7, 7}), static_cast<int>(wide.total()));
  EXPECT_EQ(for_sheet(cv::Mat(3000, 1000, CV_8UC3)).rows, kSheetSide);
}

TEST(Sheet, EachPictureIsThereWholeAndOnce) {
  std::vector<SheetPicture> pictures(6, plain(kRed));
  pictures.push_back(plain(kRed, {100, 50}));
  const cv::Mat sheet =
      draw_sheet({{"title"}, {}, {{"Worst", pictures}, {"Best", {plain(kBlueHere)}}}});
  EXPECT_EQ(test::pixels_of(sheet, kRed), 6 * kSheetSide * kSheetSide + 100 * 50);
  EXPECT_EQ(test::pixels_of(sheet, kBlueHere), kSheetSide * kSheetSide);
  const cv::Mat without = draw_sheet({{"title"}, {}, {{"Worst", pictures}, {"Best", {}}}});
  EXPECT_LT(without.rows, sheet.rows - kSheetSide);
}

TEST(Sheet, KeysShowTheColoursOfContours) {
  const Sheet without{{}, {}, {{"", {plain(kRed)}}}};
  Sheet with = without;
  with.keys = both_masks();
  EXPECT_EQ(test::pixels_of(draw_sheet(without), kTrueMask), 0);
  EXPECT_GT(test::pixels_of(draw_sheet(with), kTrueMask), 50);
  EXPECT_GT(test::pixels_of(draw_sheet(with), kPredictedMask), 50);
}

TEST(Sheet, LongNamesStayBelowTheirPicture) {
  SheetPicture long_name = plain(kRed);
  long_name.lines = {std::string(300, 'x')};
  const cv::Mat sheet = draw_sheet({{}, {}, {{"", {long_name}}}});
  cv::Mat ink;
  cv::inRange(sheet, cv::Scalar(0, 0, 0), cv::Scalar(120, 120, 120), ink);
  const cv::Mat below = ink(cv::Rect(0, kSheetSide, sheet.cols, sheet.rows - kSheetSide - 40));
  EXPECT_GT(cv::countNonZero(below), 50);
  EXPECT_EQ(cv::countNonZero(below.colRange(kSheetSide + 20, sheet.cols)), 0);
}

}  // namespace
}  // namespace cxr
