#include "network/network_input.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "base/resize.h"

namespace cxr {
namespace {

NetworkInput input_of(Resize resize) {
  NetworkInput input;
  input.width = 64;
  input.height = 64;
  input.resize = resize;
  return input;
}

TEST(NetworkInput, GreyIsRepeatedAndNormalisedByMeanAndDeviation) {
  const NetworkInput input = input_of(Resize::squish);
  const NdArray batch = to_network_input({cv::Mat(100, 30, CV_8UC1, cv::Scalar(51))}, input);
  ASSERT_EQ(batch.shape, (std::vector<std::int64_t>{1, 3, 64, 64}));
  for (std::size_t c = 0; c < 3; ++c) {
    const float wanted = (0.2F - input.mean[c]) / input.std[c];
    EXPECT_NEAR(batch.values[c * 64 * 64 + 77], wanted, 1e-5F);
  }
}

TEST(NetworkInput, PlanesKeepTheirOrder) {
  const NdArray batch = to_network_input({cv::Mat(64, 64, CV_8UC3, cv::Scalar(0, 102, 255))},
                                         input_of(Resize::squish));
  const NetworkInput input;
  const float values[] = {0.0F, 0.4F, 1.0F};
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(batch.values[c * 64 * 64], (values[c] - input.mean[c]) / input.std[c], 1e-5F);
  }
}

TEST(NetworkInput, LetterboxKeepsTheAspectAndPadsWithBlack) {
  const NetworkInput input = input_of(Resize::letterbox);
  EXPECT_EQ(content_rect(input, {200, 100}), cv::Rect(0, 16, 64, 32));
  EXPECT_EQ(content_rect(input, {100, 200}), cv::Rect(16, 0, 32, 64));
  EXPECT_EQ(content_rect(input, {10000, 1}), cv::Rect(0, 31, 64, 1));
  const NdArray batch = to_network_input({cv::Mat(100, 200, CV_8UC1, cv::Scalar(255))}, input);
  EXPECT_NEAR(batch.values[0], -input.mean[0] / input.std[0], 1e-5F);
  EXPECT_NEAR(batch.values[32 * 64 + 32], (1 - input.mean[0]) / input.std[0], 1e-5F);
}

TEST(NetworkInput, ShrinkingAveragesSoThatFineDetailIsNotAliased) {
  cv::Mat stripes(512, 512, CV_8UC1);
  for (int x = 0; x < stripes.cols; ++x) stripes.col(x) = x % 2 * 200;
  const NetworkInput input = input_of(Resize::squish);
  const NdArray batch = to_network_input({stripes}, input);
  for (std::size_t i = 0; i < 64 * 64; ++i) {
    ASSERT_NEAR(batch.values[i] * input.std[0] + input.mean[0], 100 / 255.0F, 0.01F);
  }
}

// What a network that was trained with fastai or torchvision has seen.
TEST(NetworkInput, FilterOfPilIsUsedWhereTheContractStatesIt) {
  cv::Mat noise(100, 90, CV_8UC3);
  cv::randu(noise, 0, 256);
  NetworkInput input = input_of(Resize::squish);
  input.filter = Filter::bilinear_antialias;
  const NdArray batch = to_network_input({noise}, input);
  const cv::Mat expected = resized_as_pil(noise, {64, 64});
  for (std::size_t c = 0; c < 3; ++c) {
    const float value = batch.values[c * 64 * 64 + 64 * 7 + 5] * input.std[c] + input.mean[c];
    EXPECT_NEAR(value * 255, expected.at<cv::Vec3b>(7, 5)[static_cast<int>(c)], 1e-3);
  }
}

}  // namespace
}  // namespace cxr
