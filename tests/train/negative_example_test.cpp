#include "train/negative_example.h"

#include <gtest/gtest.h>

#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "support/phantom.h"
#include "train/augment.h"

namespace cxr {
namespace {

/// How like two pictures of one size are: 1 for the same, 0 for unrelated ones.
double correlation(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat found;
  cv::matchTemplate(a, b, found, cv::TM_CCOEFF_NORMED);
  return found.at<float>(0);
}

/// Of what kind a negative example looks; `other` where it is one of several.
std::string kind_of(const cv::Mat& negative, bool is_of_radiograph) {
  if (is_of_radiograph) return "pieces";
  cv::Scalar mean, deviation;
  cv::meanStdDev(negative, mean, deviation);
  if (deviation[0] == 0) return "blank";
  cv::Mat edges, smooth;
  cv::Laplacian(negative, edges, CV_32F);
  const double roughness = cv::norm(edges, cv::NORM_L1) / static_cast<double>(edges.total());
  if (roughness > deviation[0] * 2) return "noise";
  if (cv::countNonZero(negative == 245) > static_cast<int>(negative.total() / 3)) return "page";
  if (roughness < 1.5) return "gradient";
  return "other";
}

/// All that a segmenter should know for no radiograph is shown to it, and never the radiograph
/// itself.
TEST(NegativeExample, IsOfEveryKindAndNeverTheRadiograph) {
  test::PhantomOptions options;
  options.size = {120, 130};
  const cv::Mat radiograph = test::make_phantom(options).image;
  options.seed = 1;
  const cv::Mat another = test::make_phantom(options).image;
  const cv::Size size(96, 104);
  cv::Mat whole;
  cv::resize(radiograph, whole, size, 0, 0, cv::INTER_AREA);
  std::map<std::string, int> kinds;
  constexpr int kCount = 400;
  for (std::uint64_t seed = 1; seed <= kCount; ++seed) {
    cv::RNG rng = example_rng(seed, 0), same = example_rng(seed, 0);
    const cv::Mat negative = random_negative_example(radiograph, size, rng);
    const cv::Mat of_another = random_negative_example(another, size, same);
    const bool is_of_radiograph = cv::norm(negative, of_another, cv::NORM_INF) > 0;
    const std::string kind = kind_of(negative, is_of_radiograph);
    ++kinds[kind];
    EXPECT_TRUE(kind == "blank" || correlation(negative, whole) < 0.9) << "seed " << seed;
  }
  // Two of ten are pieces of it, five of the kinds that are not told apart here.
  EXPECT_NEAR(kinds["pieces"], 0.2 * kCount, 0.08 * kCount);
  for (const char* kind : {"blank", "noise", "page", "gradient"}) {
    EXPECT_GE(kinds[kind], kCount / 40) << kind;
  }
  EXPECT_GE(kinds["other"], kCount / 5);
}

TEST(NegativeExample, IsAPictureOfTheWantedSizeThatTheSeedDecides) {
  test::PhantomOptions options;
  options.size = {120, 130};
  const cv::Mat radiograph = test::make_phantom(options).image;
  std::set<double> means;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    cv::RNG rng = example_rng(seed, 0);  // of plain seeds cv::RNG gives even numbers only
    cv::RNG same = example_rng(seed, 0);
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
