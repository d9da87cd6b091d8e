#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "cxr/error.h"
#include "dataset/support.h"
#include "read/manifest.h"
#include "support/look.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;
using Reasons = std::multiset<std::string>;

/// Montgomery and Shenzhen with their layouts and oddities, and a folder of one's own.
class SegmentationSetTest : public testing::Test {
 protected:
  SegmentationSetTest() {
    for (const char* name : {"MCUCXR_0001_0", "MCUCXR_0002_1", "MCUCXR_0003_1"}) {
      sources_.draw(std::string("m/CXR_png/") + name + ".png");
    }
    draw_half("m/ManualMask/leftMask/MCUCXR_0001_0.png", {25, 10, 10, 30});
    draw_half("m/ManualMask/rightMask/MCUCXR_0001_0.png", {5, 10, 10, 30});
    draw_half("m/ManualMask/leftMask/MCUCXR_0002_1.png", {25, 10, 10, 30});  // no right mask
    draw_half("m/ManualMask/leftMask/MCUCXR_0003_1.png", {25, 10, 10, 30});
    sources_.draw("m/ManualMask/rightMask/MCUCXR_0003_1.png", 255, {40, 40});  // another size
    sources_.write("m/CXR_png/Thumbs.db", "no image");
    sources_.write("m/NLM-MontgomeryCXRSet-ReadMe.pdf", "no image");
    for (const char* name : {"CHNCXR_0001_0", "CHNCXR_0002_0", "CHNCXR_0003_0", "CHNCXR_0004_1"}) {
      sources_.draw(std::string("s/CXR_png/") + name + ".png");
    }
    draw_half("masks/CHNCXR_0001_0_mask.png", {5, 5, 20, 30});
    draw_half("masks/CHNCXR_0002_0_mask.png", {5, 5, 20, 30});
    draw_half("masks/CHNCXR_0003_0_mask.png", {5, 5, 20, 30});
    draw_half("masks/CHNCXR_0009_0_mask.png", {5, 5, 20, 30});  // without an image
    sources_.draw("mine/xray/a b.JPG", 80);
    cv::Mat ones(50, 40, CV_8UC1, cv::Scalar(0));
    ones(cv::Rect(4, 4, 8, 8)) = 1;
    fs::create_directories(sources_ / "mine/mask");
    cv::imwrite((sources_ / "mine/mask/a b.png").string(), ones);
    published_ = {.montgomery = sources_ / "m",
                  .shenzhen = sources_ / "s",
                  .shenzhen_masks = sources_ / "masks",
                  .extra = {sources_ / "mine"}};
  }

  void draw_half(const std::string& name, cv::Rect lung) const {
    cv::Mat mask(50, 40, CV_8UC1, cv::Scalar(0));
    mask(lung) = 255;
    fs::create_directories((sources_ / name).parent_path());
    cv::imwrite((sources_ / name).string(), mask);
  }
  cv::Mat mask(const std::string& name) const {
    return cv::imread((out_ / "train/mask" / name).string(), cv::IMREAD_UNCHANGED);
  }

  Sources sources_;
  SegmentationSources published_;
  fs::path out_ = sources_ / "out";
};

TEST_F(SegmentationSetTest, ImagesAndMasksAreWhereTheTrainingLooksForThem) {
  const auto summary = make_segmentation_set(published_, sources_.options(), no_progress);
  EXPECT_EQ(summary.images, 5U);
  for (const char* name :
       {"montgomery_MCUCXR_0001_0.png", "shenzhen_CHNCXR_0001_0.png", "mine_a b.JPG"}) {
    EXPECT_TRUE(fs::exists(out_ / "train/xray" / name)) << name;
  }
  EXPECT_EQ(cv::countNonZero(mask("montgomery_MCUCXR_0001_0.png") == 255), 2 * 10 * 30);
  EXPECT_EQ(cv::countNonZero(mask("shenzhen_CHNCXR_0001_0.png") == 255), 20 * 30);
  EXPECT_EQ(cv::countNonZero(mask("mine_a b.png") == 255), 8 * 8);  // was 0 and 1
}

TEST_F(SegmentationSetTest, WhatIsMissingOrOddIsListedAndLeftOut) {
  const auto summary = make_segmentation_set(published_, sources_.options(), no_progress);
  EXPECT_EQ(reasons_of(summary), (Reasons{"montgomery: no mask", "montgomery: mask of another size",
                                          "shenzhen: mask without an image"}));
  EXPECT_TRUE(contains(summary.table, "shenzhen: no mask"));  // counted, but usual
  EXPECT_EQ(columns_of(out_ / "problems.csv", "reason", "source").size(), 3U);
}

TEST_F(SegmentationSetTest, ManifestIsReadByTheTraining) {
  DatasetOptions options = sources_.options();
  options.test_fraction = 0.3;
  make_segmentation_set(published_, options, no_progress);
  std::multiset<std::string> splits;
  for (const auto& row : read_manifests({out_ / "manifest.csv"}, Purpose::segmentation)) {
    splits.insert(row.split);
    EXPECT_EQ(row.image.parent_path().parent_path().filename(),
              row.split == "test" ? "test" : "train");
  }
  EXPECT_EQ(splits, (Reasons{"train", "train", "train", "val", "test"}));
}

TEST_F(SegmentationSetTest, DryRunWritesNothing) {
  DatasetOptions options = sources_.options();
  options.dry_run = true;
  EXPECT_EQ(make_segmentation_set(published_, options, no_progress).images, 5U);
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(SegmentationSetTest, ExistingDataSetIsNotTouched) {
  sources_.write("out/mine.txt", "precious");
  EXPECT_THROW(make_segmentation_set(published_, sources_.options(), no_progress), UsageError);
  EXPECT_EQ(std::distance(fs::directory_iterator(out_), fs::directory_iterator()), 1);
}

TEST_F(SegmentationSetTest, StrictMakesNothingWhereSomethingIsOdd) {
  DatasetOptions options = sources_.options();
  options.strict = true;
  EXPECT_THROW(make_segmentation_set(published_, options, no_progress), Error);
  EXPECT_FALSE(fs::exists(out_));
  EXPECT_FALSE(fs::exists(sources_ / "out.part"));
}

TEST_F(SegmentationSetTest, ImagesAreHardLinksUnlessCopied) {
  DatasetOptions options = sources_.options();
  make_segmentation_set(published_, options, no_progress);
  const fs::path film = "train/xray/shenzhen_CHNCXR_0001_0.png";
  EXPECT_EQ(fs::hard_link_count(out_ / film), 2U);
  options.out = sources_ / "copied";
  options.copy = true;
  make_segmentation_set(published_, options, no_progress);
  EXPECT_EQ(fs::hard_link_count(options.out / film), 1U);
}

TEST_F(SegmentationSetTest, DamagedMaskIsListed) {
  const std::string bytes = read_file(sources_ / "masks/CHNCXR_0001_0_mask.png");
  sources_.write("masks/CHNCXR_0001_0_mask.png", bytes.substr(0, bytes.size() / 2));
  const auto summary = make_segmentation_set(published_, sources_.options(), no_progress);
  EXPECT_EQ(summary.images, 4U);
  EXPECT_EQ(summary.problems.size(), 4U);
}

}  // namespace
}  // namespace cxr::test
