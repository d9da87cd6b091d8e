#include "cxr/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "cxr/configuration.h"
#include "infer/result_format.h"
#include "support/phantom.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

/// Phantoms of several sizes in a folder, and a pipeline of tiny networks.
class PipelineTest : public testing::Test {
 protected:
  PipelineTest() : pipeline_(load_configuration(test::write_tiny_setup(folder_.path())).pipeline) {
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

void expect_same(const Result& a, const Result& b) {
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
    expect_same(alone[0].result, together[i].result);
    expect_same(alone[0].result, backwards[inputs_.size() - 1 - i].result);
    EXPECT_LT(
        cv::norm(alone[0].intermediates.heat_map, together[i].intermediates.heat_map, cv::NORM_INF),
        1e-4);
  }
}

/// One pipeline, used from several threads at a time, each with another batch, gives what it gives
/// in one.
TEST_F(PipelineTest, SeveralThreadsGetWhatOneGets) {
  const auto alone = pipeline_.process(inputs_, {.explain = true});
  constexpr std::size_t kThreads = 4;
  std::vector<std::vector<Analysis>> found(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        auto turned = inputs_;
        std::ranges::rotate(turned, turned.begin() + static_cast<std::ptrdiff_t>(i % 3));
        for (Analysis& analysis : pipeline_.process(turned, {.explain = true})) {
          found[i].push_back(std::move(analysis));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < kThreads; ++i) {
    ASSERT_EQ(found[i].size(), 5 * inputs_.size());
    for (std::size_t j = 0; j < found[i].size(); ++j) {
      const Analysis& wanted = alone[(i % 3 + j) % inputs_.size()];
      ASSERT_TRUE(found[i][j].result.judged()) << found[i][j].result.error;
      expect_same(found[i][j].result, wanted.result);
      EXPECT_LT(
          cv::norm(found[i][j].intermediates.heat_map, wanted.intermediates.heat_map, cv::NORM_INF),
          1e-4);
    }
  }
}

TEST_F(PipelineTest, LungsOfAPhantomAreFoundCroppedAndExplained) {
  for (const Analysis& analysis : pipeline_.process(inputs_, {.explain = true})) {
    ASSERT_TRUE(analysis.result.judged()) << analysis.result.error;
    EXPECT_GT(analysis.result.lungs.quality, 0.5);
    EXPECT_EQ(analysis.intermediates.heat_map.size(), analysis.result.crop.size());
    EXPECT_EQ(std::max(analysis.intermediates.enhanced.cols, analysis.intermediates.enhanced.rows),
              128);
    const cv::Rect whole({}, analysis.result.image_size);
    EXPECT_EQ(analysis.result.crop & whole, analysis.result.crop);
  }
}

TEST_F(PipelineTest, AnUnreadableImageDoesNotTouchTheOthers) {
  const auto before = pipeline_.process(inputs_, {});
  std::ofstream(folder_ / "bad.png") << "text";
  auto mixed = inputs_;
  mixed.insert(mixed.begin() + 1, {folder_ / "bad.png", "bad.png"});
  const auto after = pipeline_.process(mixed, {});
  ASSERT_EQ(after.size(), 4U);
  EXPECT_EQ(after[1].result.status, Status::error);
  EXPECT_NE(after[1].result.error.find("bad.png"), std::string::npos);
  expect_same(before[0].result, after[0].result);
  expect_same(before[1].result, after[2].result);
  expect_same(before[2].result, after[3].result);
}

TEST_F(PipelineTest, ABatchOfNothingButBadImagesIsNoError) {
  const auto analyses =
      pipeline_.process({{folder_ / "missing.png", "missing.png"}}, {.explain = true});
  ASSERT_EQ(analyses.size(), 1U);
  EXPECT_EQ(analyses[0].result.status, Status::error);
  EXPECT_TRUE(pipeline_.process({}, {.explain = true}).empty());
}

/// A network whose file is damaged may give NaN, which is no reason to say that there are no lungs.
TEST_F(PipelineTest, OutputThatIsNotFiniteIsAnErrorOfItsImageAlone) {
  add("black.png", cv::Mat(200, 150, CV_8UC1, cv::Scalar(0)));
  const auto wanted = pipeline_.process(inputs_, {.explain = true});
  for (const auto kind : {Contract::Kind::segmenter, Contract::Kind::classifier}) {
    const bool is_segmenter = kind == Contract::Kind::segmenter;
    PipelineOptions options = load_configuration(folder_ / "config.json").pipeline;
    test::write_moody_network(folder_ / "moody.pt", kind);
    (is_segmenter ? options.segmenter : options.classifier).file = folder_ / "moody.pt";
    const auto analyses = Pipeline(options).process(inputs_, {.explain = true});
    for (std::size_t i = 0; i < 3; ++i) {
      expect_same(analyses[i].result, wanted[i].result);
      EXPECT_FALSE(analyses[i].intermediates.heat_map.empty());
    }
    EXPECT_EQ(analyses[3].result.status, Status::error);
    EXPECT_EQ(analyses[3].result.stage, is_segmenter ? "segment" : "classify");
    EXPECT_NE(analyses[3].result.error.find("not finite"), std::string::npos);
    EXPECT_TRUE(analyses[3].result.prediction.empty());
  }
}

TEST_F(PipelineTest, ABlankImageHasNoLungsAndIsUsedWhole) {
  add("blank.png", cv::Mat(200, 150, CV_8UC1, cv::Scalar(255)));
  const auto analysis = pipeline_.process({inputs_.back()}, {.explain = true}).front();
  ASSERT_TRUE(analysis.result.judged()) << analysis.result.error;
  EXPECT_EQ(analysis.result.lungs.quality, 0.0);
  EXPECT_TRUE(analysis.result.lungs.box.empty());
  EXPECT_EQ(analysis.result.crop, cv::Rect(0, 0, 150, 200));
}

// The tiny segmenter takes mid-grey for lung: the box is the whole image, trusted or not.
TEST_F(PipelineTest, ABoxOfTheWholeImageIsNotTakenForTrust) {
  add("grey.png", cv::Mat(200, 150, CV_8UC1, cv::Scalar(120)));
  PipelineOptions strict = load_configuration(folder_ / "config.json").pipeline;
  strict.crop_confidence_threshold = 1.0;
  const auto result = Pipeline(strict).process({inputs_.back()}, {}).front().result;
  EXPECT_EQ(result.lungs.box, cv::Rect(0, 0, 150, 200));
  EXPECT_FALSE(result.lungs_trusted);
  EXPECT_EQ(result_note(result), "lungs unsure; whole image used");
}

// The original kept every speck; who moves from it may want its boxes.
TEST_F(PipelineTest, SmallestComponentDecidesWhetherASpeckWidensTheBox) {
  cv::Mat image(256, 256, CV_8UC1, cv::Scalar(255));
  cv::ellipse(image, {160, 160}, {50, 60}, 0, 0, 360, 120, cv::FILLED);
  cv::rectangle(image, {8, 8, 12, 12}, 120, cv::FILLED);  // less than 1 % of the mask
  add("speck.png", image);
  PipelineOptions options = load_configuration(folder_ / "config.json").pipeline;
  const auto left_of = [&](double smallest_component) {
    options.smallest_component = smallest_component;
    return Pipeline(options).process({inputs_.back()}, {}).front().result.lungs.box.x;
  };
  EXPECT_GT(left_of(0.01), 64);
  EXPECT_LT(left_of(0), 16);
}

/// A negative is judged as the film it is the negative of, alone or among others; `as-is` leaves
/// it.
TEST_F(PipelineTest, ANegativeIsJudgedLikeItsFilmAndMarked) {
  PipelineOptions options = load_configuration(folder_ / "config.json").pipeline;
  cv::Mat image(
      256, 256, CV_8UC1,
      cv::Scalar(230));  // mid-grey is lung to the tiny segmenter, in the film and in its negative
  cv::ellipse(image, {128, 128}, {50, 80}, 0, 0, 360, 125, cv::FILLED);
  add("film.png", image);
  add("negative.png", 255 - image);
  const auto analyses = pipeline_.process(inputs_, {.explain = true});
  const Analysis& upright = analyses[3];
  const Analysis& turned = analyses[4];
  EXPECT_FALSE(upright.result.inverted);
  EXPECT_TRUE(turned.result.inverted);
  EXPECT_EQ(result_note(turned.result).substr(0, 24), "negative image; inverted");
  EXPECT_EQ(turned.result.lungs.box, upright.result.lungs.box);
  EXPECT_EQ(cv::norm(turned.intermediates.image, image, cv::NORM_INF), 0);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(turned.result.probabilities[c], upright.result.probabilities[c], 1e-5);
  }
  expect_same(pipeline_.process({inputs_[4]}, {.explain = true}).front().result, turned.result);

  options.polarity = Polarity::as_is;
  const auto left = Pipeline(options).process({inputs_[4]}, {}).front();
  EXPECT_FALSE(left.result.inverted);
  EXPECT_EQ(cv::norm(left.intermediates.image, 255 - image, cv::NORM_INF), 0);
}

/// What a contract says of the classifier's output is done to it; box, heat map and picture keep
/// the film's own pixels whatever size the classifier wants.
TEST_F(PipelineTest, TheContractsFilmSideOffsetsAndThresholdsAreHonoured) {
  Contract contract = test::tiny_contract(Contract::Kind::classifier);
  contract.film_side = 64;
  contract.enhance_side = std::nullopt;
  contract.offsets = {0, 50, 0};
  contract.conformal = {0.5F, 0.5F, 0};
  test::write_tiny_network(folder_ / "other.pt", contract);
  PipelineOptions options = load_configuration(folder_ / "config.json").pipeline;
  options.classifier.file = folder_ / "other.pt";
  const Pipeline other(options);
  const auto plain = pipeline_.process(inputs_, {.explain = true});
  const auto analyses = other.process(inputs_, {.explain = true});
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto& [result, intermediates] = analyses[i];
    EXPECT_EQ(result.prediction, "Normal");
    EXPECT_EQ(*result.prediction_set, (std::vector<std::string>{"Normal", "Pneumonia"}));
    EXPECT_FALSE(plain[i].result.prediction_set.has_value());
    EXPECT_EQ(result.crop, plain[i].result.crop);
    EXPECT_EQ(intermediates.image.size(), phantoms_[i].image.size());
    EXPECT_EQ(intermediates.heat_map.size(), result.crop.size());
    EXPECT_LE(std::max(intermediates.enhanced.cols, intermediates.enhanced.rows), 64);
  }
}

/// Calibration and adaptation are computed from these.
TEST_F(PipelineTest, FeaturesAndLogitsAreThoseOfTheHead) {
  for (const Analysis& analysis : pipeline_.process(inputs_, {})) {
    const auto& [result, intermediates] = analysis;
    ASSERT_EQ(intermediates.features.size(), 8U);
    ASSERT_EQ(intermediates.logits.size(), 3U);
    NdArray features({1, 8, 1, 1});
    features.values = intermediates.features;
    const NdArray logits = pipeline_.classifier().head(features);
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(logits.values[c], intermediates.logits[c], 1e-4);
    }
  }
}

}  // namespace
}  // namespace cxr
