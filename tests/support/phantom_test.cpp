#include "support/phantom.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <set>

#include "cxr/error.h"

namespace cxr::test {
namespace {

constexpr unsigned kSeeds = 8;

PhantomOptions patient(unsigned seed, cv::Size size = {256, 256}) {
  PhantomOptions options;
  options.size = size;
  options.seed = seed;
  return options;
}

/// 8-connected regions of a mask.
int regions(const cv::Mat& mask) {
  cv::Mat labels;
  return cv::connectedComponents(mask, labels, 8) - 1;
}

double share(const cv::Mat& mask) {
  return static_cast<double>(cv::countNonZero(mask)) / static_cast<double>(mask.total());
}

/// What lies between the lungs, in the middle half of their height.
cv::Mat mediastinum(const cv::Mat& lungs) {
  cv::Mat result = cv::Mat::zeros(lungs.size(), CV_8U);
  const cv::Rect box = cv::boundingRect(lungs);
  for (int y = box.y + box.height / 4; y < box.br().y - box.height / 4; ++y) {
    const auto* row = lungs.ptr<uchar>(y);
    const auto* begin = std::find(row, row + lungs.cols, 255);
    const auto* left = std::find(begin, row + lungs.cols, 0);
    const auto* right = std::find(left, row + lungs.cols, 255);
    if (right == row + lungs.cols) continue;
    result.row(y).colRange(static_cast<int>(left - row), static_cast<int>(right - row)) = 255;
  }
  return result;
}

bool same(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF) == 0; }

TEST(Phantom, SameOptionsGiveTheSamePicture) {
  PhantomOptions options = patient(3);
  options.opacities = 2;
  const Phantom first = make_phantom(options);
  const Phantom again = make_phantom(options);
  EXPECT_TRUE(same(first.image, again.image));
  EXPECT_TRUE(same(first.lungs, again.lungs));
}

TEST(Phantom, EverySeedIsAnotherPatient) {
  Phantom previous = make_phantom(patient(0));
  for (unsigned seed = 1; seed < kSeeds; ++seed) {
    const Phantom next = make_phantom(patient(seed));
    // Quantum noise alone would change the picture, but neither this much nor the lungs.
    EXPECT_GT(cv::norm(previous.image, next.image, cv::NORM_L1) / 256 / 256, 5) << seed;
    EXPECT_FALSE(same(previous.lungs, next.lungs)) << seed;
    previous = next;
  }
}

TEST(Phantom, HasTwoLungsOfSensibleSizeInsideThePicture) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    const cv::Mat lungs = make_phantom(patient(seed)).lungs;
    EXPECT_EQ(cv::countNonZero((lungs == 0) | (lungs == 255)), 256 * 256);
    EXPECT_EQ(regions(lungs), 2) << seed;
    EXPECT_GT(share(lungs), 0.15) << seed;
    EXPECT_LT(share(lungs), 0.40) << seed;
    const cv::Rect box = cv::boundingRect(lungs);
    EXPECT_GT(box.x, 0) << seed;
    EXPECT_GT(box.y, 0) << seed;
    EXPECT_LT(box.br().x, 256) << seed;
    EXPECT_LT(box.br().y, 256) << seed;
  }
}

TEST(Phantom, HasTheTonesOfAFilm) {
  // Lungs are dark, the mediastinum is bright, and air beside the neck is black.
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    const Phantom phantom = make_phantom(patient(seed));
    const double lung = cv::mean(phantom.image, phantom.lungs)[0];
    const double middle = cv::mean(phantom.image, mediastinum(phantom.lungs))[0];
    EXPECT_GT(lung, 0.25 * 255) << seed;
    EXPECT_LT(lung, 0.60 * 255) << seed;
    EXPECT_GT(middle, 0.75 * 255) << seed;
    EXPECT_LT(middle, 0.95 * 255) << seed;
    EXPECT_LT(cv::mean(phantom.image(cv::Rect(0, 0, 12, 6)))[0], 0.10 * 255) << seed;
  }
}

TEST(Phantom, OpacitiesBrightenTheLungsAndLeaveTheRest) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    PhantomOptions options = patient(seed);
    const Phantom clear = make_phantom(options);
    options.opacities = 4;
    const Phantom ill = make_phantom(options);
    EXPECT_TRUE(same(clear.lungs, ill.lungs)) << seed;
    EXPECT_GT(cv::mean(ill.image, ill.lungs)[0], cv::mean(clear.image, clear.lungs)[0] + 2) << seed;
    cv::Mat far_away;
    cv::dilate(clear.lungs, far_away, cv::Mat::ones(41, 41, CV_8U));
    far_away = far_away == 0;
    EXPECT_NEAR(cv::mean(ill.image, far_away)[0], cv::mean(clear.image, far_away)[0], 1) << seed;
  }
}

TEST(Phantom, TwelveBitsAreUsed) {
  PhantomOptions options = patient(1);
  options.bit_depth = 12;
  const cv::Mat image = make_phantom(options).image;
  ASSERT_EQ(image.type(), CV_16UC1);
  double low = 0, high = 0;
  cv::minMaxLoc(image, &low, &high);
  EXPECT_LT(low, 200);
  EXPECT_GT(high, 3500);
  EXPECT_LE(high, 4095);
  const std::set<ushort> levels(image.begin<ushort>(), image.end<ushort>());
  EXPECT_GT(levels.size(), 1000U);
}

TEST(Phantom, AnySizeKeepsTheSamePatient) {
  for (const cv::Size size : {cv::Size(64, 64), cv::Size(65, 97), cv::Size(300, 200),
                              cv::Size(64, 200), cv::Size(1100, 1300)}) {
    const Phantom phantom = make_phantom(patient(5, size));
    EXPECT_EQ(phantom.image.type(), CV_8UC1);
    EXPECT_EQ(phantom.image.size(), size);
    EXPECT_EQ(phantom.lungs.size(), size);
    EXPECT_EQ(regions(phantom.lungs), 2) << size;
    const double square = std::min(size.width, size.height);
    EXPECT_NEAR(cv::countNonZero(phantom.lungs) / square / square,
                share(make_phantom(patient(5)).lungs), 0.02)
        << size;
  }
}

TEST(Phantom, CollimationBlackensTheBorderAndTheMarkerIsWhite) {
  PhantomOptions options = patient(2);
  options.collimation = true;
  const cv::Mat framed = make_phantom(options).image;
  EXPECT_LT(cv::mean(framed.row(255))[0], 2);
  const cv::Mat open = make_phantom(patient(2)).image;
  EXPECT_GT(cv::mean(open.row(255))[0], 50);

  const cv::Rect corner(220, 5, 30, 30);
  options = patient(2);
  options.marker = false;
  const auto white = [&](const cv::Mat& image) { return cv::countNonZero(image(corner) > 240); };
  EXPECT_GT(white(open), white(make_phantom(options).image) + 10);
}

TEST(Phantom, RefusesWhatItCannotDraw) {
  PhantomOptions options = patient(0, {63, 200});
  EXPECT_THROW(make_phantom(options), Error);
  options = patient(0);
  options.bit_depth = 10;
  EXPECT_THROW(make_phantom(options), Error);
  options = patient(0);
  options.opacities = -1;
  EXPECT_THROW(make_phantom(options), Error);
}

}  // namespace
}  // namespace cxr::test
