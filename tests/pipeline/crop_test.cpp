#include "pipeline/crop.h"

#include <gtest/gtest.h>

namespace cxr {
namespace {

TEST(Crop, TheMaskFollowsTheImagesSize) {
  cv::Mat lungs = cv::Mat::zeros(20, 25, CV_8UC1);
  lungs(cv::Rect(5, 5, 10, 10)) = 255;
  const cv::Mat mask = mask_at(lungs, {100, 80});
  EXPECT_EQ(mask.size(), cv::Size(100, 80));
  EXPECT_EQ(cv::countNonZero(mask), cv::countNonZero(mask == 255));
  EXPECT_NEAR(cv::countNonZero(mask), 40 * 40, 100);
}

TEST(Crop, WithoutAFilmSideTheCropHasTheRadiographsOwnPixels) {
  cv::Mat film(90, 120, CV_8UC1);
  cv::RNG(1).fill(film, cv::RNG::UNIFORM, 0, 256);
  const cv::Rect crop(10, 20, 30, 40);
  EXPECT_EQ(cv::norm(cut_out(film, crop, std::nullopt), film(crop), cv::NORM_INF), 0);
}

/// A film of 4000 pixels and its copy of 224 must look alike to a network that saw films of 224.
TEST(Crop, WithAFilmSideAFilmAndItsCopyOfThatSizeGiveTheSameCrop) {
  cv::Mat film(1200, 800, CV_8UC1);
  cv::RNG(1).fill(film, cv::RNG::UNIFORM, 0, 256);
  const cv::Mat copy = film_at(film, 120);
  EXPECT_EQ(copy.size(), cv::Size(80, 120));
  const cv::Mat from_film = cut_out(film, {100, 200, 500, 600}, 120);
  const cv::Mat from_copy = cut_out(copy, {10, 20, 50, 60}, 120);
  EXPECT_EQ(from_film.size(), cv::Size(50, 60));
  EXPECT_EQ(cv::norm(from_film, from_copy, cv::NORM_INF), 0);
}

TEST(Crop, ASmallFilmIsEnlargedToTheFilmSide) {
  EXPECT_EQ(film_at(cv::Mat(50, 40, CV_8UC1, cv::Scalar(7)), 100).size(), cv::Size(80, 100));
}

TEST(Crop, ARescaledRectangleStaysInsideAndIsNeverEmpty) {
  const cv::Size from(1000, 777), to(32, 25);
  cv::RNG rng(5);
  for (int i = 0; i < 2000; ++i) {
    const int x = rng.uniform(0, from.width), y = rng.uniform(0, from.height);
    const cv::Rect rectangle(x, y, rng.uniform(1, from.width - x + 1),
                             rng.uniform(1, from.height - y + 1));
    const cv::Rect scaled = rescaled(rectangle, from, to);
    ASSERT_FALSE(scaled.empty()) << rectangle;
    ASSERT_EQ(scaled & cv::Rect({}, to), scaled) << rectangle;
    ASSERT_EQ(rescaled(rectangle, from, from), rectangle);
  }
  EXPECT_EQ(rescaled({0, 0, 1000, 777}, from, to), cv::Rect(0, 0, 32, 25));
}

}  // namespace
}  // namespace cxr
