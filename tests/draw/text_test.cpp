#include "draw/text.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace cxr {
namespace {

const cv::Scalar kBlack(0, 0, 0);
const cv::Scalar kInk(255, 255, 255);

cv::Rect ink_of(const cv::Mat& picture) {
  cv::Mat ink;
  cv::inRange(picture, kInk, kWhite, ink);
  return cv::boundingRect(ink == 0);
}

cv::Rect drawn(const std::string& text, int height, Align align) {
  cv::Mat picture(100, 600, CV_8UC3, kInk);
  draw_text(picture, text, {300, 50}, height, align, kBlack);
  return ink_of(picture);
}

cv::Rect caption(const std::string& text, int width) {
  cv::Mat strip(50, width, CV_8UC3, kInk);
  draw_caption(strip, text, 20, kBlack);
  return ink_of(strip);
}

TEST(Text, CapitalsAreAsHighAsAskedForAndCentredOnTheAnchor) {
  for (const int height : {10, 17, 22, 40}) {
    const cv::Rect ink = drawn("HEI", height, Align::centre);
    EXPECT_NEAR(ink.height, height, 2) << height;
    EXPECT_NEAR(ink.y + ink.height / 2.0, 50, 2) << height;
    EXPECT_NEAR(ink.x + ink.width / 2.0, 300, 2 + height / 8) << height;
  }
}

TEST(Text, IsAlignedAtItsAnchor) {
  EXPECT_NEAR(drawn("Lungs", 20, Align::left).x, 300, 4);
  EXPECT_NEAR(drawn("Lungs", 20, Align::right).br().x, 300, 4);
  EXPECT_NEAR(drawn("Lungs", 20, Align::left).width, text_width("Lungs", 20), 4);
}

TEST(Text, WideCaptionsAreScaledDownAndStayInside) {
  const std::string text = "Pneumonia (0.92), whole image classified";
  const cv::Rect wide = caption(text, 900);
  for (const int width : {500, 300, 220}) {
    const cv::Rect ink = caption(text, width);
    EXPECT_GT(ink.x, 0) << width;
    EXPECT_LT(ink.br().x, width) << width;
    EXPECT_NEAR(ink.size().aspectRatio(), wide.size().aspectRatio(), wide.size().aspectRatio() / 4);
  }
}

TEST(Text, CaptionsThatCannotBeReadAnyMoreLoseTheirMiddle) {
  const std::string text(300, 'M');
  const cv::Rect ink = caption(text, 200);
  EXPECT_GT(ink.width, 150);
  EXPECT_GE(ink.height, 5);
  EXPECT_TRUE(caption("MMMM", 2).empty()) << "there is no room at all";
}

TEST(Text, BlanksHaveNoWidth) {
  EXPECT_EQ(text_width("", 20), 0);
  EXPECT_EQ(text_width(" \n\t", 20), 0);
}

}  // namespace
}  // namespace cxr
