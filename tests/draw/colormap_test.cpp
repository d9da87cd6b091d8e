#include "draw/colormap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cxr/error.h"

namespace cxr {
namespace {

/// The colour of one value as {red, green, blue}.
cv::Vec3i rgb(float value, const std::string& map) {
  const cv::Mat picture = apply_colormap(cv::Mat(1, 1, CV_32FC1, cv::Scalar(value)), map);
  const cv::Vec3i bgr = picture.at<cv::Vec3b>(0);
  return {bgr[2], bgr[1], bgr[0]};
}

struct Known {
  const char* map;
  float value;
  cv::Vec3i rgb;
};

class KnownColour : public testing::TestWithParam<Known> {};

// The colours are those that matplotlib, and so the original programme, gives: within 2 of 255.
TEST_P(KnownColour, IsMatplotlibs) {
  const auto& [map, value, expected] = GetParam();
  EXPECT_LE(cv::norm(rgb(value, map), expected, cv::NORM_INF), 2)
      << map << " of " << value << " is " << rgb(value, map);
}

INSTANTIATE_TEST_SUITE_P(
    Colormap, KnownColour,
    testing::Values(Known{"coolwarm", 0.0F, {59, 76, 192}},
                    Known{"coolwarm", 0.25F, {141, 176, 254}},
                    Known{"coolwarm", 0.5F, {221, 220, 220}},
                    Known{"coolwarm", 0.75F, {244, 154, 123}},
                    Known{"coolwarm", 1.0F, {180, 4, 38}}, Known{"gray", 0.0F, {0, 0, 0}},
                    Known{"gray", 0.5F, {128, 128, 128}}, Known{"gray", 1.0F, {255, 255, 255}},
                    Known{"inferno", 0.0F, {0, 0, 4}}, Known{"inferno", 1.0F, {252, 255, 164}},
                    Known{"jet", 0.0F, {0, 0, 128}}, Known{"jet", 1.0F, {128, 0, 0}},
                    Known{"turbo", 0.0F, {48, 18, 59}}, Known{"turbo", 1.0F, {122, 4, 3}},
                    Known{"viridis", 0.0F, {68, 1, 84}}, Known{"viridis", 1.0F, {253, 231, 37}}));

// Moreland's map goes from blue to red without a kink: neighbours differ by a few levels only.
TEST(Colormap, CoolwarmIsSmooth) {
  for (int i = 0; i < 255; ++i) {
    const auto value = static_cast<float>(i);
    const cv::Vec3i step = rgb((value + 1) / 255, "coolwarm") - rgb(value / 255, "coolwarm");
    EXPECT_LE(cv::norm(step, cv::NORM_INF), 7) << "at " << i;
  }
}

// Whatever a heat map holds, it can be drawn: values outside 0..1 are clipped, NaN is the lowest.
TEST(Colormap, ClipsAndSurvivesWhatIsNoNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const std::string& map : colormap_names()) {
    for (const float high : {1.01F, 1e30F, kInfinity}) EXPECT_EQ(rgb(high, map), rgb(1, map));
    for (const float low : {-0.01F, -1e30F, -kInfinity, std::nanf("")}) {
      EXPECT_EQ(rgb(low, map), rgb(0, map));
    }
  }
}

// A part of a larger map is coloured as that part, not as the memory that follows it.
TEST(Colormap, ColoursARegionOfALargerMap) {
  cv::Mat values(4, 6, CV_32FC1, cv::Scalar(0));
  values(cv::Rect(2, 1, 3, 2)) = 1;
  const cv::Mat picture = apply_colormap(values(cv::Rect(2, 1, 3, 2)), "coolwarm");
  ASSERT_EQ(picture.size(), cv::Size(3, 2));
  ASSERT_EQ(picture.type(), CV_8UC3);
  for (const cv::Vec3b& bgr : cv::Mat_<cv::Vec3b>(picture)) EXPECT_GT(bgr[2], 170);
}

// What users of matplotlib 3.3 could write; each can be drawn, and its reverse is that.
TEST(Colormap, NamesAreThoseOfMatplotlib) {
  EXPECT_EQ(colormap_names().size(), 2 * 83U);
  for (const char* name : {"Accent", "Greys", "Spectral", "YlOrRd", "bone", "cubehelix",
                           "gist_ncar", "hsv", "magma", "tab20c", "twilight_shifted"}) {
    for (const float value : {0.0F, 0.3F, 1.0F}) {
      EXPECT_NO_THROW(rgb(value, name)) << name;
    }
    EXPECT_EQ(rgb(0, name), rgb(1, std::string(name) + "_r"));
    EXPECT_EQ(rgb(1, name), rgb(0, std::string(name) + "_r"));
  }
}

// A map of few colours has steps, not a ramp between them.
TEST(Colormap, QualitativeMapsHaveSteps) {
  EXPECT_EQ(rgb(0.01F, "tab10"), rgb(0.09F, "tab10"));
  EXPECT_NE(rgb(0.09F, "tab10"), rgb(0.11F, "tab10"));
}

// A misspelt name is answered with the one that was meant.
TEST(Colormap, UnknownNameIsAUsageErrorWithANearMiss) {
  try {
    rgb(0.5F, "coolwarn");
    FAIL() << "no error";
  } catch (const UsageError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("coolwarn: unknown colour map; did you mean coolwarm?"), std::string::npos)
        << what;
  }
}

}  // namespace
}  // namespace cxr
