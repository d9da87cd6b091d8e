// Pictures come back from their PNG files as they were.

#include "draw/png.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "support/temp_dir.h"

namespace cxr::test {
namespace {

cv::Mat noise(cv::Size size, int type) {
  cv::Mat picture(size, type);
  cv::randu(picture, 0, 256);
  return picture;
}

void expect_same(const cv::Mat& picture, const cv::Mat& again) {
  ASSERT_EQ(again.size(), picture.size());
  ASSERT_EQ(again.type(), picture.type());
  EXPECT_EQ(cv::norm(again, picture, cv::NORM_INF), 0);
}

TEST(PngTest, APictureComesBackFromItsFile) {
  const TempDir folder;
  for (const int type : {CV_8UC1, CV_8UC3}) {
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(7, 300), cv::Size(801, 2)}) {
      const cv::Mat picture = noise(size, type);
      write_png(folder / "a.png", picture);
      expect_same(picture, cv::imread(folder / "a.png", cv::IMREAD_UNCHANGED));
    }
  }
}

TEST(PngTest, APartOfAPictureIsThatPart) {
  const cv::Mat part = noise({90, 80}, CV_8UC3)(cv::Rect(10, 20, 30, 40));
  expect_same(part, cv::imdecode(encode_colour_png(part), cv::IMREAD_UNCHANGED));
}

TEST(PngTest, SmoothPicturesAreSmall) {
  cv::Mat picture(400, 600, CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) picture.row(y).setTo(cv::Scalar::all(y % 256));
  EXPECT_LT(encode_colour_png(picture).size(), 10'000U);
}

}  // namespace
}  // namespace cxr::test
