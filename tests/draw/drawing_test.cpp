#include "draw/drawing.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "draw/palette.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using test::contains;
using test::pixels_of;

const Drawing kDrawing{
    {200, 100},
    {{Polyline{{{10, 10}, {190, 10}}, kBlue, 3}, {}},
     {Rectangle{{20, 30, 40, 20}, kGreen}, {}},
     {Disc{{150, 50}, 10, kOrange}, {}},
     {Polygon{{{0, 60}, {200, 60}, {200, 100}, {0, 100}}, kVermilion, 0.5}, {0, 60, 100, 40}},
     {Label{"a < b & c", {100, 30}, 10, Align::centre, kInk}, {}},
     {Label{"up", {190, 80}, 10, Align::centre, kInk, true}, {}}}};

TEST(DrawingTest, IsPaintedInPixels) {
  const cv::Mat picture = rasterized(kDrawing);
  ASSERT_EQ(picture.size(), cv::Size(200, 100));
  EXPECT_EQ(pixels_of(picture, kGreen), 40 * 20);
  EXPECT_NEAR(pixels_of(picture, kOrange), 314, 60);
  EXPECT_GT(pixels_of(picture, kBlue), 150);
  EXPECT_EQ(picture.at<cv::Vec3b>(80, 150), cv::Vec3b(255, 255, 255)) << "clipped";
  EXPECT_NEAR(picture.at<cv::Vec3b>(80, 50)[0], 127, 2) << "translucent";
}

TEST(DrawingTest, TextUpwardsIsTurned) {
  const auto ink_of = [](bool upwards) {
    const Drawing drawing{{200, 200},
                          {{Label{"upwards", {100, 100}, 12, Align::centre, kInk, upwards}, {}}}};
    cv::Mat paper;
    cv::inRange(rasterized(drawing), kPaper, kPaper, paper);
    return cv::boundingRect(paper == 0);
  };
  const cv::Rect flat = ink_of(false), upright = ink_of(true);
  EXPECT_EQ(flat.size(), cv::Size(upright.height, upright.width));
  EXPECT_NEAR(upright.y + upright.height / 2, 100, 2);
}

TEST(DrawingTest, IsWrittenAsSvg) {
  const std::string svg = to_svg(kDrawing);
  for (const char* part :
       {"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"100\"",
        "<polyline points=\"10,10 190,10\" fill=\"none\" stroke=\"#0072b2\" stroke-width=\"3\"",
        "<rect x=\"20\" y=\"30\" width=\"40\" height=\"20\" fill=\"#009e73\"/>",
        "<circle cx=\"150\" cy=\"50\" r=\"10\"", "fill-opacity=\"0.5\"",
        "<clipPath id=\"clip1\"><rect x=\"0\" y=\"60\" width=\"100\" height=\"40\"/></clipPath>",
        ">a &lt; b &amp; c</text>", "rotate(-90 190 80)"}) {
    EXPECT_TRUE(contains(svg, part)) << part << " is not in " << svg;
  }
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(DrawingTest, BothFilesAreWritten) {
  const test::TempDir folder;
  write_drawing(folder / "plot.png", kDrawing);
  EXPECT_EQ(cv::imread((folder / "plot.png").string()).size(), cv::Size(200, 100));
  EXPECT_EQ(test::read_file(folder / "plot.svg"), to_svg(kDrawing));
}

}  // namespace
}  // namespace cxr
