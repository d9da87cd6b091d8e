#include "cxr/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "cxr/results.h"
#include "support/phantom.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

/// Phantoms of several sizes in a folder, and a pipeline of tiny networks.
class PipelineTest : public testing::Test {
 protected:
  PipelineTest() : pipeline_(load_configuration(test::write_tiny_setup(folder_.path()))) {
    unsigned seed = 1;
    for (const cv::Size size : {cv::Size(256, 256), cv::Size(300, 240), cv::Size(200, 333)}) {
      test::PhantomOptions options;
      options.size = size;
      options.seed = seed++;
      phantoms_.push_back(test::make_phantom(options));
      add(std::to_string(seed) + ".png", phantoms_.back().image);
    }
  }

  void add(const std::string& name, const cv::Mat& image) {
    cv::imwrite((folder_ / name).string(), image);
    inputs_.push_back({folder_ / name, name});
  }

  test::TempDir folder_;
  Pipeline pipeline_;
  std::vector<test::Phantom> phantoms_;
  std::vector<Input> inputs_;
};

void expect_same(const Finding& a, const Finding& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.error, b.error);
  EXPECT_EQ(a.prediction, b.prediction);
  EXPECT_EQ(a.lungs.box, b.lungs.box);
  EXPECT_EQ(a.crop, b.crop);
  EXPECT_NEAR(a.lungs.quality, b.lungs.quality, 1e-5);
  ASSERT_EQ(a.probabilities.size(), b.probabilities.size());
  for (std::size_t c = 0; c < a.probabilities.size(); ++c) {
    EXPECT_NEAR(a.probabilities[c], b.probabilities[c], 1e-5);
  }
}

TEST_F(PipelineTest, ABatchGivesWhatSingleImagesGiveInAnyOrder) {
  const auto together = pipeline_.process(inputs_, {.explain = true});
  auto reversed = inputs_;
  std::reverse(reversed.begin(), reversed.end());
  const auto backwards = pipeline_.process(reversed, {.explain = true});
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto alone = pipeline_.process({inputs_[i]}, {.explain = true});
    expect_same(alone[0].finding, together[i].finding);
    expect_same(alone[0].finding, backwards[inputs_.size() - 1 - i].finding);
    EXPECT_LT(cv::norm(alone[0].views.heat_map, together[i].views.heat_map, cv::NORM_INF), 1e-4);
  }
}

TEST_F(PipelineTest, LungsOfAPhantomAreFoundCroppedAndExplained) {
  for (const Study& study : pipeline_.process(inputs_, {.explain = true})) {
    ASSERT_TRUE(study.finding.judged()) << study.finding.error;
    EXPECT_GT(study.finding.lungs.quality, 0.5);
    EXPECT_EQ(study.views.heat_map.size(), study.finding.crop.size());
    EXPECT_EQ(std::max(study.views.enhanced.cols, study.views.enhanced.rows), 128);
    const cv::Rect whole({}, study.finding.image_size);
    EXPECT_EQ(study.finding.crop & whole, study.finding.crop);
  }
}

TEST_F(PipelineTest, AnUnreadableImageDoesNotTouchTheOthers) {
  const auto before = pipeline_.process(inputs_, {});
  std::ofstream(folder_ / "bad.png") << "text";
  auto mixed = inputs_;
  mixed.insert(mixed.begin() + 1, {folder_ / "bad.png", "bad.png"});
  const auto after = pipeline_.process(mixed, {});
  ASSERT_EQ(after.size(), 4U);
  EXPECT_EQ(after[1].finding.status, Status::error);
  EXPECT_NE(after[1].finding.error.find("bad.png"), std::string::npos);
  expect_same(before[0].finding, after[0].finding);
  expect_same(before[1].finding, after[2].finding);
  expect_same(before[2].finding, after[3].finding);
}

TEST_F(PipelineTest, ABatchOfNothingButBadImagesIsNoError) {
  const auto studies =
      pipeline_.process({{folder_ / "missing.png", "missing.png"}}, {.explain = true});
  ASSERT_EQ(studies.size(), 1U);
  EXPECT_EQ(studies[0].finding.status, Status::error);
  EXPECT_TRUE(pipeline_.process({}, {.explain = true}).empty());
}

TEST_F(PipelineTest, ABlankImageHasNoLungsAndIsUsedWhole) {
  add("blank.png", cv::Mat(200, 150, CV_8UC1, cv::Scalar(255)));
  const auto study = pipeline_.process({inputs_.back()}, {.explain = true}).front();
  ASSERT_TRUE(study.finding.judged()) << study.finding.error;
  EXPECT_EQ(study.finding.lungs.quality, 0.0);
  EXPECT_TRUE(study.finding.lungs.box.empty());
  EXPECT_EQ(study.finding.crop, cv::Rect(0, 0, 150, 200));
}

// The tiny segmenter takes mid-grey for lung: the box is the whole image, trusted or not.
TEST_F(PipelineTest, ABoxOfTheWholeImageIsNotTakenForTrust) {
  add("grey.png", cv::Mat(200, 150, CV_8UC1, cv::Scalar(120)));
  Configuration strict = load_configuration(folder_ / "config.json");
  strict.crop_confidence_threshold = 1.0;
  const auto finding = Pipeline(strict).process({inputs_.back()}, {}).front().finding;
  EXPECT_EQ(finding.lungs.box, cv::Rect(0, 0, 150, 200));
  EXPECT_FALSE(finding.lungs_trusted);
  EXPECT_EQ(crop_note(finding), "lungs unsure; whole image used");
}

}  // namespace
}  // namespace cxr
