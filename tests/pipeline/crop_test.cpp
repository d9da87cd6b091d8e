#include "pipeline/crop.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace cxr {
namespace {

/// A film of random tones, and lungs in the middle of it at a quarter of its resolution.
class Crop : public testing::Test {
 protected:
  Crop() {
    cv::RNG(1).fill(image_, cv::RNG::UNIFORM, 0, 256);
    mask_(cv::Rect(5, 5, 10, 10)) = 255;
  }

  cv::Mat image_ = cv::Mat(80, 100, CV_8UC1);
  cv::Mat mask_ = cv::Mat::zeros(20, 25, CV_8UC1);
  LungBox lungs_{{16, 16, 48, 48}, 0.95};
};

TEST_F(Crop, OutsideTheLungsThereIsGreyAndInsideEveryToneIsAsFrequent) {
  const cv::Mat crop = crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::grey);
  ASSERT_EQ(crop.size(), lungs_.box.size());
  const cv::Mat lungs = mask_at(mask_, image_.size())(lungs_.box);
  EXPECT_EQ(cv::countNonZero((crop != 128) & (lungs == 0)), 0);
  const double pixels = cv::countNonZero(lungs);
  for (const double tone : {32, 64, 128, 192, 224}) {
    EXPECT_NEAR(cv::countNonZero((crop < tone) & lungs) / pixels, tone / 256, 0.02) << tone;
  }
}

TEST_F(Crop, HowAFilmWasExposedAndProcessedDoesNotShow) {
  const auto seen = [&] {
    return crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::grey);
  };
  const cv::Mat usual = seen();
  const cv::Mat original = image_.clone();
  cv::Mat table(1, 256, CV_8UC1);
  for (const double gamma : {0.5, 2.0}) {
    for (int i = 0; i < 256; ++i) {
      table.at<uchar>(i) = cv::saturate_cast<uchar>(20 + 200 * std::pow(i / 255.0, gamma));
    }
    cv::LUT(original, table, image_);
    // Tones that the curve makes equal cannot be told apart any more.
    EXPECT_LE(cv::norm(usual, seen(), cv::NORM_INF), 8) << gamma;
    EXPECT_LE(cv::norm(usual, seen(), cv::NORM_L1), usual.size().area()) << gamma;
  }
}

TEST_F(Crop, KeptIsTheImageItself) {
  const cv::Mat crop = crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::keep);
  EXPECT_EQ(cv::norm(crop, image_(lungs_.box), cv::NORM_INF), 0);
}

TEST_F(Crop, WhereLungsAreNotTrustedAllOfTheImageIsKept) {
  lungs_.quality = 0.5;
  const cv::Mat crop = crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::grey);
  ASSERT_EQ(crop.size(), image_.size());
  EXPECT_EQ(cv::norm(crop, image_, cv::NORM_INF), 0);
}

TEST_F(Crop, TheMaskFollowsTheImagesSize) {
  const cv::Mat mask = mask_at(mask_, {100, 80});
  EXPECT_EQ(mask.size(), cv::Size(100, 80));
  EXPECT_EQ(cv::countNonZero(mask), cv::countNonZero(mask == 255));
  EXPECT_NEAR(cv::countNonZero(mask), 40 * 40, 100);
}

TEST_F(Crop, WithoutLungsNothingIsIsolated) {
  const cv::Mat none(image_.size(), CV_8UC1, cv::Scalar(0));
  EXPECT_EQ(cv::norm(isolate_lungs(image_, none), image_, cv::NORM_INF), 0);
}

}  // namespace
}  // namespace cxr
