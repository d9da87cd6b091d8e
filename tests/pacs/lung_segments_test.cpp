#include "pacs/lung_segments.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace cxr {
namespace {

const cv::Rect kRight(8, 10, 16, 40), kLeft(40, 12, 14, 36);

cv::Mat mask_of(const std::vector<cv::Rect>& bodies) {
  cv::Mat mask = cv::Mat::zeros(64, 64, CV_8UC1);
  for (const cv::Rect& body : bodies) mask(body) = 255;
  return mask;
}

DicomSource film(cv::Size size, const Turn& turn = {}) {
  DicomSource source;
  source.size = size;
  source.turn = turn;
  return source;
}

bool is_same(const cv::Mat& one, const cv::Mat& other) {
  return one.size() == other.size() && cv::countNonZero(one != other) == 0;
}

cv::Mat upright_mask(const cv::Rect& body, cv::Size size) {
  cv::Mat mask;
  cv::resize(mask_of({body}), mask, size, 0, 0, cv::INTER_NEAREST);
  return mask / 255;
}

// The patient's left is on the right of the film.
TEST(LungSegments, TwoBodiesSideBySideAreTheRightAndTheLeftLung) {
  const cv::Size size(200, 240);
  const auto segments = lung_segments(mask_of({kRight, kLeft}), size, film(size), kSpeck);
  ASSERT_EQ(segments.size(), 2);
  EXPECT_EQ(segments[0].side, LungSide::right);
  EXPECT_TRUE(is_same(segments[0].mask, upright_mask(kRight, size)));
  EXPECT_EQ(segments[1].side, LungSide::left);
  EXPECT_TRUE(is_same(segments[1].mask, upright_mask(kLeft, size)));
}

TEST(LungSegments, AnythingElseIsOneSegment) {
  const cv::Size size(64, 64);
  const std::vector<std::vector<cv::Rect>> masks = {{kRight},  // one lung, or two that touch
                                                    {{8, 4, 30, 20}, {8, 34, 30, 20}},
                                                    {{4, 4, 40, 20}, {20, 30, 40, 20}},
                                                    {kRight, kLeft, {28, 50, 10, 10}}};
  for (const auto& bodies : masks) {
    const auto segments = lung_segments(mask_of(bodies), size, film(size), kSpeck);
    ASSERT_EQ(segments.size(), 1) << bodies.size() << " bodies";
    EXPECT_EQ(segments[0].side, LungSide::both);
  }
}

// The lung box leaves them out as well.
TEST(LungSegments, SpecksAreLeftOut) {
  const cv::Size size(64, 64);
  EXPECT_TRUE(lung_segments(mask_of({{3, 3, 6, 6}}), size, film(size), kSpeck).empty());
  EXPECT_TRUE(lung_segments(mask_of({}), size, film(size), kSpeck).empty());
  const auto segments =
      lung_segments(mask_of({kRight, kLeft, {60, 1, 2, 2}}), size, film(size), kSpeck);
  ASSERT_EQ(segments.size(), 2);
  EXPECT_EQ(cv::countNonZero(segments[1].mask), kLeft.area());
  const auto all = lung_segments(mask_of({kRight, kLeft, {60, 1, 2, 2}}), size, film(size), 0);
  ASSERT_EQ(all.size(), 1) << "as in the original, whose boxes had every speck";
  EXPECT_EQ(cv::countNonZero(all[0].mask), kRight.area() + kLeft.area() + 4);
}

// An archive shows the segmentation over the pixels of its own film.
TEST(LungSegments, LieOnThePixelsAsTheyAreStored) {
  for (int i = 0; i < 8; ++i) {
    const Turn turn{(i & 1) != 0, (i & 2) != 0, (i & 4) != 0};
    const cv::Size upright(201, 303);
    const cv::Size stored = turn.transpose ? cv::Size(303, 201) : upright;
    const auto segments =
        lung_segments(mask_of({kRight, kLeft}), upright, film(stored, turn), kSpeck);
    ASSERT_EQ(segments.size(), 2);
    EXPECT_EQ(segments[0].side, LungSide::right) << "turn " << i;
    ASSERT_EQ(segments[0].mask.size(), stored);
    EXPECT_TRUE(is_same(turned(segments[0].mask, turn), upright_mask(kRight, upright)))
        << "turn " << i;
  }
}

TEST(LungSegments, AFilmThatWasStretchedGetsItsOwnPixelsBack) {
  const Turn turn{.transpose = true};
  const cv::Size upright(128, 128), stored(64, 128);
  const auto segments =
      lung_segments(mask_of({kRight, kLeft}), upright, film(stored, turn), kSpeck);
  ASSERT_EQ(segments.size(), 2);
  ASSERT_EQ(segments[0].mask.size(), stored);
  EXPECT_EQ(cv::countNonZero(segments[0].mask), 2 * kRight.area());
}

}  // namespace
}  // namespace cxr
