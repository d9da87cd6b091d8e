#include "cxr/lung_box.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <opencv2/imgcodecs.hpp>

#include "support/golden.h"

namespace cxr {
namespace {

cv::Mat read_mask(const std::string& name) {
  return cv::imread(test::golden_file(name).string(), cv::IMREAD_GRAYSCALE);
}

cv::Rect from_edges(const nlohmann::json& edges) {
  if (edges.is_null()) return {};
  const auto e = edges.get<std::vector<int>>();
  return {e[0], e[1], e[2] - e[0], e[3] - e[1]};
}

TEST(LungBox, MaskBoundsAreTheOriginals) {
  for (const auto& entry : test::golden_index()["bounds"]) {
    const cv::Mat mask = read_mask(entry["mask"]);
    for (const auto& [variant, edges] : entry["bounds"].items()) {
      double padding = -1;
      double exclude = -1;
      ASSERT_EQ(std::sscanf(variant.c_str(), "padding=%lf,exclude=%lf", &padding, &exclude), 2);
      EXPECT_EQ(mask_bounds(mask, padding, exclude), from_edges(edges))
          << entry["name"] << " " << variant;
    }
  }
}

TEST(LungBox, BoxInImagePixelsIsTheOriginals) {
  for (const auto& entry : test::golden_index()["bounds"]) {
    if (!entry.contains("box_in_image")) continue;
    const cv::Mat mask = read_mask(entry["mask"]);
    const cv::Mat probability(mask.size(), CV_32FC1, 0.9F);
    for (const auto& [size_text, wanted] : entry["box_in_image"].items()) {
      cv::Size size;
      ASSERT_EQ(std::sscanf(size_text.c_str(), "%dx%d", &size.width, &size.height), 2);
      const auto w = wanted.get<std::vector<int>>();
      EXPECT_EQ(find_lung_box(probability, mask, size, 0.0).box, cv::Rect(w[0], w[1], w[2], w[3]))
          << entry["name"] << " " << size_text;
    }
  }
}

TEST(LungBox, QualityIsTheOriginalsConfidence) {
  for (const auto& entry : test::golden_index()["bounds"]) {
    NdArray values = test::read_floats(entry["lung_probability"], entry["shape"]);
    const cv::Mat probability(static_cast<int>(values.shape[0]), static_cast<int>(values.shape[1]),
                              CV_32FC1, values.values.data());
    EXPECT_NEAR(segmentation_quality(probability, read_mask(entry["mask"])),
                entry["confidence"].get<double>(), 1e-6)
        << entry["name"];
  }
}

TEST(LungBox, EmptyMaskHasNoBoxAndNoQuality) {
  const cv::Mat probability(64, 64, CV_32FC1, 0.4F);
  const cv::Mat mask = cv::Mat::zeros(64, 64, CV_8UC1);
  const LungBox lungs = find_lung_box(probability, mask, {1000, 1000}, kSpeck);
  EXPECT_TRUE(lungs.box.empty());
  EXPECT_EQ(lungs.quality, 0.0);
}

TEST(LungBox, SpecksDoNotWidenTheBox) {
  cv::Mat mask = cv::Mat::zeros(200, 200, CV_8UC1);
  mask(cv::Rect(40, 50, 40, 100)) = 255;
  mask(cv::Rect(110, 50, 50, 100)) = 255;
  const cv::Mat probability(mask.size(), CV_32FC1, 0.9F);
  const cv::Rect lungs = find_lung_box(probability, mask, {1000, 1000}, kSpeck).box;
  EXPECT_EQ(lungs, cv::Rect(170, 225, 660, 550));
  mask(cv::Rect(195, 2, 5, 5)) = 255;
  EXPECT_EQ(find_lung_box(probability, mask, {1000, 1000}, kSpeck).box, lungs);
}

TEST(LungBox, SpecksAloneAreNoLungs) {
  cv::Mat mask = cv::Mat::zeros(224, 224, CV_8UC1);
  mask.at<uchar>(100, 100) = 255;
  const cv::Mat probability(mask.size(), CV_32FC1, 0.9F);
  for (const double smallest : {0.0, kSpeck}) {
    // Without the limit, a pixel of the mask is still less than one of a small image.
    const LungBox lungs = find_lung_box(probability, mask, {40, 40}, smallest);
    EXPECT_TRUE(lungs.box.empty());
    EXPECT_EQ(lungs.quality, 0.0);
  }
}

TEST(LungBox, CropIsTheBoxOnlyAboveTheThreshold) {
  const cv::Rect box(10, 20, 30, 40);
  const cv::Size size(100, 200);
  EXPECT_EQ(choose_crop({box, 0.9}, 0.875, size), box);
  EXPECT_EQ(choose_crop({box, 0.875}, 0.875, size), cv::Rect(0, 0, 100, 200));
  EXPECT_EQ(choose_crop({{}, 0.0}, 0.0, size), cv::Rect(0, 0, 100, 200));
}

}  // namespace
}  // namespace cxr
