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

}  // namespace
}  // namespace cxr
