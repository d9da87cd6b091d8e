#include "pipeline/polarity.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "cxr/lung_box.h"
#include "support/phantom.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

Network tiny_segmenter(const test::TempDir& folder) {
  test::write_tiny_network(folder / "s.pt", test::tiny_contract(Contract::Kind::segmenter));
  return Network(folder / "s.pt", Contract::Kind::segmenter);
}

/// Lungs that are brighter than what is around them; the tiny segmenter finds none in its inverse.
cv::Mat film_with_bright_lungs() {
  cv::Mat film(128, 128, CV_8UC1, cv::Scalar(30));
  cv::ellipse(film, {64, 64}, {24, 40}, 0, 0, 360, 105, cv::FILLED);
  return film;
}

TEST(Polarity, LungsAreDarkerThanWhatIsAroundThemAndBrighterInANegative) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const test::Phantom phantom = test::make_phantom({.size = {256, 256}, .seed = seed});
    cv::Mat small;
    cv::resize(phantom.lungs, small, {64, 64}, 0, 0, cv::INTER_AREA);
    const cv::Mat lungs = small > 127;
    EXPECT_LT(*lung_brightness(phantom.image, lungs), -4) << seed;
    EXPECT_GT(*lung_brightness(255 - phantom.image, lungs), 4) << seed;
  }
}

TEST(Polarity, IsTheDifferenceOfTheMeansInsideAndAround) {
  cv::Mat mask(100, 100, CV_8UC1, cv::Scalar(0));
  cv::circle(mask, {50, 50}, 20, 255, cv::FILLED);
  cv::Mat image(100, 100, CV_8UC1, cv::Scalar(0));
  cv::circle(image, {50, 50}, 40, 30, cv::FILLED);  // far away is neither
  image.setTo(50, mask);
  EXPECT_NEAR(*lung_brightness(image, mask), 20, 0.01);
}

/// Brighter lungs alone, as dense pneumonia may have, do not make a negative: its inverse must show
/// lungs, too.
TEST(Polarity, AFilmWhoseInverseShowsNoLungsIsLeftAlone) {
  const test::TempDir folder;
  const Network segmenter = tiny_segmenter(folder);
  const cv::Mat film = film_with_bright_lungs();
  std::vector<cv::Mat> images{film};
  auto segmentations = segment(segmenter, images);
  ASSERT_GT(*lung_brightness(film, segmentations[0].mask), 8);
  EXPECT_EQ(turn_negatives(segmenter, images, segmentations, kSpeck), std::vector{false});
}

/// Where lungs are about as bright as what is around them, the segmenter's certainty decides.
TEST(Polarity, AmongLikeBrightnessTheOneWithSurerLungsIsUpright) {
  const test::TempDir folder;
  const Network segmenter = tiny_segmenter(folder);
  cv::Mat negative(128, 128, CV_8UC1, cv::Scalar(30));
  negative.colRange(64, 128) = 250;
  cv::ellipse(negative, {64, 64}, {24, 40}, 0, 0, 360, 134, cv::FILLED);  // 121 in the inverse
  std::vector<cv::Mat> images{negative, 255 - negative};
  auto segmentations = segment(segmenter, images);
  const auto brightness = [&](std::size_t i) {
    return *lung_brightness(images[i], segmentations[i].mask);
  };
  ASSERT_LT(std::abs(brightness(0) - brightness(1)), 4);
  EXPECT_EQ(turn_negatives(segmenter, images, segmentations, kSpeck), (std::vector{true, false}));
}

/// Whether a speck is lungs is one question, here as for the lung box.
TEST(Polarity, AFilmWhoseInverseShowsASpeckIsANegativeWhereSpecksCount) {
  const test::TempDir folder;
  const Network segmenter = tiny_segmenter(folder);
  cv::Mat film = film_with_bright_lungs();
  cv::rectangle(film, {4, 4, 12, 12}, 145, cv::FILLED);  // lung in the inverse; less than 1 %
  for (const double smallest_component : {0.0, kSpeck}) {
    std::vector<cv::Mat> images{film};
    auto segmentations = segment(segmenter, images);
    EXPECT_EQ(turn_negatives(segmenter, images, segmentations, smallest_component),
              std::vector{smallest_component == 0.0});
  }
}

TEST(Polarity, WithoutLungsOrSurroundingsThereIsNone) {
  const cv::Mat image(80, 60, CV_8UC1, cv::Scalar(9));
  EXPECT_FALSE(lung_brightness(image, cv::Mat(64, 64, CV_8UC1, cv::Scalar(0))).has_value());
  EXPECT_FALSE(lung_brightness(image, cv::Mat(64, 64, CV_8UC1, cv::Scalar(255))).has_value());
}

/// Of a batch, only the negatives are inverted and segmented again, each as if it were alone.
TEST(Polarity, OnlyNegativesAreInvertedWhateverElseIsInTheBatch) {
  const test::TempDir folder;
  const Network segmenter = tiny_segmenter(folder);
  cv::Mat upright(128, 128, CV_8UC1, cv::Scalar(220));
  // Mid-grey is lung to the tiny segmenter, in a film and in its negative.
  cv::ellipse(upright, {64, 64}, {24, 40}, 0, 0, 360, 125, cv::FILLED);
  const cv::Mat negative = 255 - upright;
  std::vector<cv::Mat> images{upright, negative, upright, negative};
  const cv::Mat before = negative.clone();
  auto segmentations = segment(segmenter, images);
  EXPECT_EQ(turn_negatives(segmenter, images, segmentations, kSpeck),
            (std::vector{false, true, false, true}));
  EXPECT_EQ(cv::norm(images[0], upright, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(images[1], 255 - before, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(negative, before, cv::NORM_INF), 0) << "the caller's image was changed";
  const Segmentation alone = segment(segmenter, {images[1]}).front();
  EXPECT_LT(cv::norm(segmentations[3].lung_probability, alone.lung_probability, cv::NORM_INF),
            1e-5);
}

}  // namespace
}  // namespace cxr
