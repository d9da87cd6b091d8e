#include "pipeline/enhance.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "cxr/lung_box.h"
#include "cxr/read.h"
#include "support/golden.h"

namespace cxr {
namespace {

cv::Rect to_rect(const nlohmann::json& box) {
  const auto b = box.get<std::vector<int>>();
  return {b[0], b[1], b[2], b[3]};
}

TEST(Enhance, CropAndPlanesAreTheOriginalsToTheBit) {
  for (const auto& entry : test::golden_index()["cases"]) {
    const std::string name = entry["image"];
    const cv::Mat image = read_radiograph(test::golden_file(name)).image;
    const LungBox lungs{to_rect(entry["region"]), entry["confidence"].get<double>()};
    const cv::Rect crop =
        choose_crop(lungs, entry["crop_confidence_threshold"].get<double>(), image.size());
    EXPECT_EQ(crop, to_rect(entry["crop_used"])) << name;

    cv::Mat wanted = cv::imread(test::golden_file(entry["enhanced"]).string(), cv::IMREAD_COLOR);
    cv::cvtColor(wanted, wanted, cv::COLOR_BGR2RGB);
    cv::Mat difference;
    cv::absdiff(enhance(image(crop)), wanted, difference);
    const int different = cv::countNonZero(difference.reshape(1));
    // JPEG decoders differ in the last bit, which the thresholds magnify.
    const bool jpeg = name.find(".jpg") != std::string::npos;
    const int allowed = jpeg ? static_cast<int>(difference.total() * 3) / 100 : 0;
    EXPECT_LE(different, allowed) << name;
  }
}

TEST(Enhance, ThresholdPlanesAreBlackOrWhite) {
  cv::Mat noise(90, 130, CV_8UC1);
  cv::RNG(3).fill(noise, cv::RNG::UNIFORM, 0, 256);
  cv::Mat planes[3];
  cv::split(enhance(noise), planes);
  for (const int plane : {0, 2}) {
    const int extreme =
        cv::countNonZero(planes[plane] == 0) + cv::countNonZero(planes[plane] == 255);
    EXPECT_EQ(extreme, noise.rows * noise.cols);
  }
}

TEST(Enhance, ClaheAloneIsTheMiddlePlaneThreeTimes) {
  cv::Mat noise(90, 130, CV_8UC1);
  cv::RNG(3).fill(noise, cv::RNG::UNIFORM, 0, 256);
  cv::Mat all[3];
  cv::Mat clahe[3];
  cv::split(enhance(noise), all);
  cv::split(enhance(noise, std::nullopt, Planes::clahe), clahe);
  for (const cv::Mat& plane : clahe) EXPECT_EQ(cv::norm(plane, all[1], cv::NORM_INF), 0);
}

TEST(Enhance, WhatLiesRoundTheCropDoesNotMatter) {
  cv::Mat noise(300, 300, CV_8UC1);
  cv::RNG(3).fill(noise, cv::RNG::UNIFORM, 0, 256);
  const cv::Mat part = noise(cv::Rect(40, 50, 120, 160));
  EXPECT_EQ(cv::norm(enhance(part), enhance(part.clone()), cv::NORM_INF), 0);
}

TEST(Enhance, LongerSideIsBroughtToTheSizeAsked) {
  const cv::Mat crop(500, 300, CV_8UC1, cv::Scalar(80));
  EXPECT_EQ(enhance(crop, 192).size(), cv::Size(115, 192));
  EXPECT_EQ(enhance(crop.t(), 1000).size(), cv::Size(1000, 600));
  EXPECT_EQ(enhance(crop).size(), crop.size());
}

TEST(Enhance, TinyAndBlankCropsAreNoError) {
  EXPECT_EQ(enhance(cv::Mat(1, 1, CV_8UC1, cv::Scalar(9))).size(), cv::Size(1, 1));
  EXPECT_EQ(enhance(cv::Mat(3, 700, CV_8UC1, cv::Scalar(0)), 64).size(), cv::Size(64, 1));
}

}  // namespace
}  // namespace cxr
