#include "train/negative_example.h"

#include <gtest/gtest.h>

#include <set>

#include "support/phantom.h"

namespace cxr {
namespace {

TEST(Decoy, IsAPictureOfTheWantedSizeThatTheSeedDecides) {
  test::PhantomOptions options;
  options.size = {120, 130};
  const cv::Mat radiograph = test::make_phantom(options).image;
  std::set<double> means;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    cv::RNG rng(seed * 7919);
    cv::RNG same(seed * 7919);
    const cv::Mat negative = random_negative_example(radiograph, {96, 64}, rng);
    ASSERT_EQ(negative.size(), cv::Size(96, 64));
    ASSERT_EQ(negative.type(), CV_8UC1);
    EXPECT_EQ(cv::norm(negative, random_negative_example(radiograph, {96, 64}, same), cv::NORM_INF),
              0);
    means.insert(cv::mean(negative)[0]);
  }
  EXPECT_GT(means.size(), 150U);
}

}  // namespace
}  // namespace cxr
