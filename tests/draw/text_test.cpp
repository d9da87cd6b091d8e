#include "draw/text.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace cxr {
namespace {

const cv::Scalar kBlack(0, 0, 0);
const cv::Scalar kInk(255, 255, 255);

cv::Rect ink_of(const cv::Mat& picture) {
  cv::Mat ink;
  cv::inRange(picture, kInk, cv::Scalar::all(255), ink);
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

/// How well the picture of a text is found in that of another: 1 is exactly.
double found(const std::string& part, const std::string& whole) {
  cv::Mat small(40, 600, CV_8UC3, kInk), large(40, 1200, CV_8UC3, kInk);
  draw_text(small, part, {10, 20}, 15, Align::left, kBlack);
  draw_text(large, whole, {300, 20}, 15, Align::left, kBlack);
  cv::Mat match;
  cv::matchTemplate(large, small(ink_of(small)), match, cv::TM_CCOEFF_NORMED);
  double best = 0;
  cv::minMaxLoc(match, nullptr, &best);
  return best;
}

TEST(Text, WordsFromRightToLeftLeaveTheOthersAsTheyAre) {
  for (const char* name : {"\u0635\u062F\u0631", "\u05D7\u05D6\u05D4 \u05D7\u05D6\u05D4"}) {
    const std::string line = std::string(name) + ".png \u00B7 For research only";
    EXPECT_GT(found(".png \u00B7 For research only", line), 0.99) << line;
    EXPECT_GT(found(name, line), 0.99);
    EXPECT_GT(found(name, "film " + std::string(name)), 0.99);
    EXPECT_NEAR(drawn(line, 10, Align::left).width, text_width(line, 10), 4);
  }
}

TEST(Text, EastAsianLettersAreNotBoxesWhereThereIsAFont) {
  const auto picture = [](const std::string& text) {
    cv::Mat result(60, 200, CV_8UC3, kInk);
    draw_text(result, text, {10, 30}, 30, Align::left, kBlack);
    return result;
  };
  const bool is_box = cv::norm(picture("\u80F8"), picture("\u60A3"), cv::NORM_INF) == 0;
  if (is_box) GTEST_SKIP() << "neither fonts-droid-fallback nor fonts-noto-cjk is installed";
  EXPECT_GT(found("film", "\u80F8\u90E8 film"), 0.99);
  EXPECT_NEAR(drawn("\u80F8\u90E8 film", 15, Align::left).width,
              text_width("\u80F8\u90E8 film", 15), 4);
}

TEST(Text, BlanksHaveNoWidth) {
  EXPECT_EQ(text_width("", 20), 0);
  EXPECT_EQ(text_width(" \n\t", 20), 0);
}

}  // namespace
}  // namespace cxr
