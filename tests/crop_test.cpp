#include "cxr/crop.h"

#include <gtest/gtest.h>

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

TEST_F(Crop, OutsideTheLungsThereIsTheirMeanToneOnly) {
  const cv::Mat crop = crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::mean);
  ASSERT_EQ(crop.size(), lungs_.box.size());
  const cv::Mat lungs = mask_at(mask_, image_.size())(lungs_.box);
  double low = 0;
  double high = 0;
  cv::minMaxLoc(crop, &low, &high, nullptr, nullptr, lungs == 0);
  EXPECT_EQ(low, high);
  EXPECT_NEAR(low, cv::mean(crop, lungs)[0], 1);
}

TEST_F(Crop, HowAFilmWasExposedDoesNotShow) {
  // Tones of 0 to 199, for room at either end.
  image_.convertTo(image_, CV_8U, 199.0 / 255);
  const auto seen = [&] {
    return crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::mean);
  };
  const cv::Mat usual = seen();
  double low = 0;
  double high = 0;
  cv::minMaxLoc(usual, &low, &high);
  EXPECT_EQ(low, 0);
  EXPECT_EQ(high, 255);
  cv::add(image_, 50, image_);
  EXPECT_LE(cv::norm(usual, seen(), cv::NORM_INF), 1);  // brighter
  image_.convertTo(image_, CV_8U, 0.5);
  EXPECT_LE(cv::norm(usual, seen(), cv::NORM_INF), 4);  // fainter: half of the tones are gone
}

TEST_F(Crop, KeptIsTheImageItself) {
  const cv::Mat crop = crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::keep);
  EXPECT_EQ(cv::norm(crop, image_(lungs_.box), cv::NORM_INF), 0);
}

TEST_F(Crop, WhereLungsAreNotTrustedAllOfTheImageIsKept) {
  lungs_.quality = 0.5;
  const cv::Mat crop = crop_radiograph(image_, lungs_, mask_, 0.875, OutsideLungs::mean);
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
