#include "base/resize.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <string>

namespace cxr {
namespace {

cv::Mat golden(const std::string& name) {
  return cv::imread(std::string(CXR_TEST_DATA) + "/golden/pil/" + name + ".png",
                    cv::IMREAD_UNCHANGED);
}

// Networks of fastai see what Pillow made; planes of black and white are sensitive to the filter.
TEST(ResizeTest, PilsBilinearIsReproduced) {
  for (const char* name : {"grey", "colour"}) {
    const cv::Mat image = golden(name);
    ASSERT_FALSE(image.empty());
    for (const cv::Size size : {cv::Size(32, 32), cv::Size(20, 64), cv::Size(80, 90),
                                cv::Size(47, 32), cv::Size(11, 7)}) {
      const std::string which =
          std::string(name) + "_" + std::to_string(size.width) + "x" + std::to_string(size.height);
      const cv::Mat resized = resized_as_pil(image, size);
      ASSERT_EQ(resized.size(), size);
      EXPECT_LE(cv::norm(resized, golden(which), cv::NORM_INF), 1) << which;
    }
  }
}

TEST(ResizeTest, PilsBilinearKeepsAnImageOfThatSizeAndAFlatOne) {
  const cv::Mat image = golden("grey");
  EXPECT_EQ(cv::norm(resized_as_pil(image, image.size()), image, cv::NORM_INF), 0);
  const cv::Mat white(200, 300, CV_8UC1, cv::Scalar(255));
  EXPECT_EQ(cv::countNonZero(resized_as_pil(white, {224, 224}) != 255), 0);
}

}  // namespace
}  // namespace cxr
