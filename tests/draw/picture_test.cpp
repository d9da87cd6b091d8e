#include "draw/picture.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "cxr/error.h"
#include "draw/colormap.h"
#include "draw/png.h"
#include "draw/text.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

const cv::Scalar kWhite(255, 255, 255);
const fs::path kGolden = fs::path(CXR_TEST_DATA) / "golden";

/// A grey radiograph that is all crop, with lungs in the middle and a heat map of one value.
PictureContent make_content(cv::Size size, int grey = 100, float heat = 1) {
  PictureContent content;
  content.image = cv::Mat(size, CV_8UC1, cv::Scalar(grey));
  content.crop = content.lung_box = {{}, size};
  content.lung_mask = cv::Mat::zeros(224, 224, CV_8UC1);
  content.lung_mask(cv::Rect(56, 56, 112, 112)) = 255;
  content.enhanced = cv::Mat(size, CV_8UC3, cv::Scalar(255, 0, 0));
  content.heat_map = cv::Mat(size, CV_32FC1, cv::Scalar(heat));
  content.title = "Pneumonia (0.92)";
  return content;
}

void set_crop(PictureContent& content, const cv::Rect& crop) {
  content.crop = content.lung_box = crop;
  content.heat_map = content.heat_map(crop).clone();
  content.enhanced = content.enhanced(crop).clone();
}

HeatmapOptions options(Layout layout = Layout::overlay) {
  HeatmapOptions result;
  result.layout = layout;
  return result;
}

cv::Mat yellow(const cv::Mat& figure) {
  cv::Mat mask;
  cv::inRange(figure, cv::Scalar(0, 200, 240), cv::Scalar(30, 255, 255), mask);
  return mask;
}

cv::Mat not_white(const cv::Mat& figure) {
  cv::Mat mask;
  cv::inRange(figure, kWhite, kWhite, mask);
  return ~mask;
}

/// Bounding rectangles of the panels in reading order: what is larger than letters and colour bar.
std::vector<cv::Rect> find_panels(const cv::Mat& figure) {
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centroids;
  const int count = cv::connectedComponentsWithStats(not_white(figure), labels, stats, centroids);
  std::vector<cv::Rect> panels;
  for (int i = 1; i < count; ++i) {
    const auto* s = stats.ptr<int>(i);
    if (s[cv::CC_STAT_AREA] > 1500 && s[3] > 14) panels.emplace_back(s[0], s[1], s[2], s[3]);
  }
  std::sort(panels.begin(), panels.end(), [](const cv::Rect& a, const cv::Rect& b) {
    return std::pair(a.y, a.x) < std::pair(b.y, b.x);
  });
  return panels;
}

/// Where the title's ink is, above the only panel.
cv::Rect title_ink(const cv::Mat& figure) {
  return cv::boundingRect(not_white(figure.rowRange(0, find_panels(figure).at(0).y)));
}

bool has_white_border(const cv::Mat& figure, int width) {
  cv::Mat border = not_white(figure);
  border(cv::Rect(width, width, border.cols - 2 * width, border.rows - 2 * width)) = 0;
  return cv::countNonZero(border) == 0;
}

class AnySize : public testing::TestWithParam<cv::Size> {};

INSTANTIATE_TEST_SUITE_P(Picture, AnySize,
                         testing::Values(cv::Size(64, 64), cv::Size(3000, 400), cv::Size(400, 3000),
                                         cv::Size(4000, 3500), cv::Size(1024, 1024)),
                         [](const auto& size) {
                           return std::to_string(size.param.width) + "x" +
                                  std::to_string(size.param.height);
                         });

// The figure's longest side is what was asked for; the image is scaled, not stretched.
TEST_P(AnySize, OverlayHasTheSizeAskedForAndKeepsTheAspect) {
  const cv::Size size = GetParam();
  for (const double figsize : {2.0, 8.0, 11.5}) {
    HeatmapOptions asked = options();
    asked.figsize = figsize;
    const cv::Mat figure = draw_picture(make_content(size), asked);
    EXPECT_NEAR(std::max(figure.cols, figure.rows), figsize * 100, 2);

    const std::vector<cv::Rect> panels = find_panels(figure);
    ASSERT_EQ(panels.size(), 1);
    const double scale = static_cast<double>(std::max(panels[0].width, panels[0].height)) /
                         std::max(size.width, size.height);
    EXPECT_NEAR(panels[0].width, size.width * scale, 1);
    EXPECT_NEAR(panels[0].height, size.height * scale, 1);
  }
}

TEST_P(AnySize, ANativeFigureHasTheRadiographPixelForPixel) {
  const PictureContent content = make_content(GetParam());
  HeatmapOptions native = options();
  native.figsize.reset();
  native.xray_opacity = 1;
  const cv::Mat figure = draw_picture(content, native);
  const std::vector<cv::Rect> found = find_panels(figure);  // letters, too, where they are large
  const cv::Rect panel = *std::ranges::max_element(found, {}, &cv::Rect::area);
  EXPECT_EQ(panel.size(), content.image.size());
}

// Nothing is painted where the map is zero, except in the original program's way.
TEST(Picture, OpacityFollowsTheHeat) {
  PictureContent content = make_content({400, 400}, 90);
  content.heat_map = cv::Mat::zeros(content.crop.size(), CV_32FC1);
  HeatmapOptions asked = options();
  asked.xray_opacity = 0.5;
  const auto middle_of = [&] {
    const cv::Mat figure = draw_picture(content, asked);
    const cv::Rect panel = find_panels(figure).at(0);
    return figure.at<cv::Vec3b>((panel.tl() + panel.br()) / 2);
  };
  EXPECT_EQ(middle_of(), cv::Vec3b(90, 90, 90));
  asked.is_even = true;
  EXPECT_NE(middle_of(), cv::Vec3b(90, 90, 90));
  asked.is_even = false;
  content.heat_map = 1;
  EXPECT_NE(middle_of(), cv::Vec3b(90, 90, 90));
}

// A round heart stays round.
TEST_P(AnySize, ACircleStaysACircle) {
  PictureContent content = make_content(GetParam(), 0);
  const int radius = std::min(content.image.cols, content.image.rows) / 3;
  cv::circle(content.image, {content.image.cols / 2, content.image.rows / 2}, radius, 250, -1);
  HeatmapOptions plain = options();
  plain.xray_opacity = 1;
  const cv::Mat figure = draw_picture(content, plain);
  const cv::Mat panel = figure(find_panels(figure).at(0));
  cv::Mat bright;
  cv::inRange(panel, cv::Scalar(128, 128, 128), kWhite, bright);
  const cv::Rect circle = cv::boundingRect(bright);
  EXPECT_GT(circle.width, 20);
  EXPECT_NEAR(circle.width, circle.height, 2);
  EXPECT_NEAR(cv::countNonZero(bright), CV_PI / 4 * circle.area(), 0.05 * circle.area());
}

// No wide white margins, except where a narrow image leaves no room for its title.
TEST_P(AnySize, OverlayHugsTheImage) {
  const cv::Mat figure = draw_picture(make_content(GetParam()), options());
  const cv::Rect panel = find_panels(figure).at(0);
  EXPECT_LE(figure.rows - panel.height, 145) << "title and footer";
  if (GetParam().width > 1000 || GetParam().width == GetParam().height) {
    EXPECT_LE(figure.cols - panel.width, 40);
  }
}

// The title is there, dark, centred, whole, clear of the radiograph and of the figure's border, and
// of one size whatever the image's.
TEST_P(AnySize, TitleIsWholeAndOfOneSize) {
  const cv::Mat figure = draw_picture(make_content(GetParam()), options());
  const cv::Rect ink = title_ink(figure);
  double darkest = 255;
  cv::minMaxLoc(figure(ink).reshape(1), &darkest);
  EXPECT_LT(darkest, 80);
  EXPECT_NEAR(ink.x + ink.width / 2.0, figure.cols / 2.0, 3);
  EXPECT_LT(ink.br().y, find_panels(figure).at(0).y - 2);
  EXPECT_TRUE(has_white_border(figure, 5));

  const cv::Rect usual = title_ink(draw_picture(make_content({1000, 1000}), options()));
  EXPECT_EQ(ink.size(), usual.size());
}

// A title too wide for the figure is shrunk, never cut off: it has the shape it has where there is
// room for it.
TEST_P(AnySize, LongTitleIsShrunk) {
  const auto ink = [](cv::Size size, double figsize) {
    PictureContent content = make_content(size);
    content.title = "Pneumonia (0.92), whole image classified";
    HeatmapOptions asked = options();
    asked.figsize = figsize;
    const cv::Mat figure = draw_picture(content, asked);
    EXPECT_TRUE(has_white_border(figure, 5));
    return title_ink(figure);
  };
  const double shape = ink({1000, 300}, 20).size().aspectRatio();
  for (const double figsize : {2.0, 8.0}) {
    EXPECT_NEAR(ink(GetParam(), figsize).size().aspectRatio(), shape, shape / 4);
  }
}

// All four sides are seen when the whole image is the crop.
TEST_P(AnySize, BoxRoundTheWholeImageIsSeen) {
  const cv::Mat figure = draw_picture(make_content(GetParam(), 0), options());
  const cv::Rect panel = find_panels(figure).at(0);
  const cv::Mat box = yellow(figure)(panel);
  for (const cv::Mat& side : {box.row(0), box.row(1), box.row(box.rows - 1), box.col(0), box.col(1),
                              box.col(box.cols - 1)}) {
    EXPECT_EQ(cv::countNonZero(side), static_cast<int>(side.total()));
  }
  EXPECT_EQ(cv::countNonZero(box.row(box.rows / 2)), 4);
}

// Four panels of one size, captions whole.
TEST_P(AnySize, PanelsAreFourOfOneSize) {
  const cv::Mat figure = draw_picture(make_content(GetParam()), options(Layout::panels));
  const std::vector<cv::Rect> panels = find_panels(figure);
  ASSERT_EQ(panels.size(), 4);
  for (const cv::Rect& panel : panels) EXPECT_EQ(panel.size(), panels[0].size());
  EXPECT_TRUE(has_white_border(figure, 5));
  EXPECT_LE(figure.cols, 2002);
  EXPECT_LE(figure.rows, 802);
}

// A pixel of the overlay is opacity * radiograph + (1 - opacity) * map inside the crop; outside it
// is the radiograph.
TEST(Picture, BlendsTheMapOverTheCropOnly) {
  const cv::Scalar red(38, 4, 180);  // BGR, the highest value of coolwarm
  for (const double opacity : {0.0, 0.4, 0.75, 1.0}) {
    PictureContent content = make_content({1000, 1000}, 100, 1);
    set_crop(content, {100, 200, 400, 300});
    HeatmapOptions asked = options();
    asked.xray_opacity = opacity;
    const cv::Mat figure = draw_picture(content, asked);
    const cv::Rect panel = find_panels(figure).at(0);
    const cv::Vec3b inside =
        figure(panel).at<cv::Vec3b>(panel.height * 35 / 100, panel.width * 3 / 10);
    const cv::Vec3b outside =
        figure(panel).at<cv::Vec3b>(panel.height * 7 / 10, panel.width * 7 / 10);
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(inside[i], opacity * 100 + (1 - opacity) * red[i], 2) << "opacity " << opacity;
    }
    EXPECT_EQ(outside, cv::Vec3b(100, 100, 100));
  }
}

// Blue is where the network hardly looked, red is where it did.
TEST(Picture, LowIsBlueAndHighIsRed) {
  PictureContent content = make_content({600, 500});
  content.heat_map.colRange(0, 300) = 0.2;
  const cv::Mat figure = draw_picture(content, options());
  const cv::Mat panel = figure(find_panels(figure).at(0));
  const cv::Vec3b low = panel.at<cv::Vec3b>(panel.rows / 2, panel.cols / 4);
  const cv::Vec3b high = panel.at<cv::Vec3b>(panel.rows / 2, panel.cols * 3 / 4);
  EXPECT_GT(low[0], low[2] + 10);
  EXPECT_GT(high[2], high[0] + 20);
}

// The box lies where the crop is in the image.
TEST(Picture, BoxIsRoundTheCrop) {
  PictureContent content = make_content({2000, 1000}, 0, 0);
  set_crop(content, {300, 100, 1200, 700});
  const cv::Mat figure = draw_picture(content, options());
  const cv::Rect panel = find_panels(figure).at(0);
  const cv::Rect box = cv::boundingRect(yellow(figure)(panel));
  const double scale = panel.width / 2000.0;
  EXPECT_NEAR(box.x, 300 * scale, 1);
  EXPECT_NEAR(box.y, 100 * scale, 1);
  EXPECT_NEAR(box.br().x, 1500 * scale, 1);
  EXPECT_NEAR(box.br().y, 800 * scale, 1);
}

// A crop of a single pixel in the last corner of a huge image, a heat map of NaN: still a picture.
TEST(Picture, DrawsWhatIsDegenerate) {
  PictureContent content = make_content({4000, 3500});
  set_crop(content, {3999, 3499, 1, 1});
  content.heat_map = std::nanf("");
  content.lung_mask = 0;
  content.title.clear();
  EXPECT_FALSE(draw_picture(content, options()).empty());
  EXPECT_FALSE(draw_picture(content, options(Layout::panels)).empty());
}

// Letters beyond ASCII are drawn as they are; control characters are blanks.
TEST(Picture, TitlesAreUtf8) {
  const auto figure_of = [](const std::string& title) {
    PictureContent content = make_content({500, 500});
    content.title = title;
    return draw_picture(content, options());
  };
  const auto differ = [&](const std::string& a, const std::string& b) {
    return cv::norm(figure_of(a), figure_of(b), cv::NORM_INF) > 0;
  };
  EXPECT_TRUE(differ("Pneumon\u00EDa", "Pneumonia"));
  EXPECT_TRUE(differ("Pneumon\u00EDa", "Pneumon?a"));
  EXPECT_TRUE(differ("\u043B\u0451\u0433\u043A\u0438\u0435", "??????"));
  EXPECT_FALSE(differ("two\nlines", "two lines"));
  for (const char* odd : {"", " ", "\n", "\xFF\xFE", "\u80BA"})
    EXPECT_FALSE(figure_of(odd).empty());
}

/// What stands below the lowest panel.
cv::Mat footer_of(const cv::Mat& figure) {
  return figure.rowRange(find_panels(figure).back().br().y + 1, figure.rows);
}

// The colours of the map, from the lowest to the highest, with a word on each side.
TEST(Picture, FooterExplainsTheColours) {
  for (const char* map : {"viridis", "turbo"}) {
    for (const Layout layout : {Layout::overlay, Layout::panels}) {
      HeatmapOptions asked = options(layout);
      asked.cmap = map;
      const cv::Mat footer = footer_of(draw_picture(make_content({1000, 900}), asked));
      const cv::Mat ends = apply_colormap((cv::Mat_<float>(1, 2) << 0, 1), map);
      std::vector<cv::Point> places[2];
      for (int i = 0; i < 2; ++i) {
        cv::Mat same;
        const cv::Vec3b color = ends.at<cv::Vec3b>(i);
        cv::inRange(footer, cv::Scalar(color), cv::Scalar(color), same);
        cv::findNonZero(same, places[i]);
        ASSERT_FALSE(places[i].empty()) << map;
      }
      EXPECT_LT(places[0].front().x, places[1].front().x);
      const cv::Mat ink = not_white(footer);
      EXPECT_GT(cv::countNonZero(ink.colRange(0, places[0].front().x - 2)), 100) << "a word before";
      EXPECT_GT(cv::countNonZero(ink.colRange(places[1].back().x + 2, ink.cols)), 100);
    }
  }
}

TEST(Picture, FooterNamesTheImage) {
  PictureContent content = make_content({600, 500});
  const cv::Mat without = footer_of(draw_picture(content, options()));
  content.name = "film.png";
  const cv::Mat with = footer_of(draw_picture(content, options()));
  EXPECT_GT(cv::boundingRect(not_white(with)).width, 0);
  EXPECT_GT(cv::countNonZero(not_white(with)), cv::countNonZero(not_white(without)));
  content.name = std::string(300, 'x') + ".png";
  const cv::Mat figure = draw_picture(content, options());
  EXPECT_TRUE(has_white_border(figure, 5)) << "a long name stays inside";
}

/// Whether the footer says what the picture is for, in letters of this height.
bool has_purpose(const cv::Mat& figure, int height) {
  cv::Mat line(40, 700, CV_8UC3, kWhite), match;
  draw_text(line, "For research only, not for diagnosis", {20, 20}, height, Align::left,
            cv::Scalar(45, 40, 36));
  cv::matchTemplate(figure, line(cv::boundingRect(not_white(line))), match, cv::TM_CCOEFF_NORMED);
  double best = 0;
  cv::minMaxLoc(match, nullptr, &best);
  return best > 0.99;
}

// It is the name that is shortened where both do not fit.
TEST(Picture, FooterSaysForResearchOnlyWhateverTheName) {
  PictureContent content = make_content({600, 500});
  for (const char* name : {"", "film.png"}) {
    content.name = name;
    EXPECT_TRUE(has_purpose(draw_picture(content, options()), 14)) << name;
  }
  content.name = std::string(200, 'x') + ".png";
  EXPECT_TRUE(has_purpose(draw_picture(content, options()), 10));

  HeatmapOptions native = options();
  native.figsize.reset();
  for (const cv::Size size : {cv::Size(205, 243), cv::Size(170, 170)}) {
    content = make_content(size);
    content.name = "covid_30.jpg";
    EXPECT_TRUE(has_purpose(draw_picture(content, native), 6)) << size;
  }
}

// Drawing changes nothing of what it draws.
TEST(Picture, LeavesTheContentAlone) {
  const PictureContent content = make_content({300, 200});
  const cv::Mat image = content.image.clone();
  const cv::Mat mask = content.lung_mask.clone();
  draw_picture(content, options(Layout::panels));
  EXPECT_EQ(cv::norm(content.image, image, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(content.lung_mask, mask, cv::NORM_INF), 0);
}

// A secondary capture has no enhanced crop, and one that is unsure no heat map.
TEST(Picture, PanelsLeaveOutWhatThereIsNot) {
  PictureContent content = make_content({300, 300});
  const cv::Mat four = draw_picture(content, options(Layout::panels));
  content.enhanced.release();
  const cv::Mat three = draw_picture(content, options(Layout::panels));
  content.heat_map.release();
  const cv::Mat two = draw_picture(content, options(Layout::panels));
  EXPECT_GT(static_cast<double>(four.cols) / four.rows, 3.0);
  EXPECT_NEAR(static_cast<double>(three.cols) / three.rows, 2.5, 0.2);
  EXPECT_NEAR(static_cast<double>(two.cols) / two.rows, 1.8, 0.2);
  std::vector<cv::Mat> planes;
  cv::split(two(cv::Rect(0, two.rows / 10, two.cols / 2 - 10, two.rows / 2)), planes);
  EXPECT_EQ(cv::norm(planes[0], planes[2], cv::NORM_INF), 0) << "the radiograph is grey";
}

// The four panels are the radiograph, the lungs, the enhanced crop, the overlay, in this order.
TEST(Panels, ShowWhatTheyShould) {
  PictureContent content = make_content({1000, 900}, 100, 1);
  set_crop(content, {100, 100, 800, 300});
  const cv::Mat figure = draw_picture(content, options(Layout::panels));
  const std::vector<cv::Rect> panels = find_panels(figure);
  ASSERT_EQ(panels.size(), 4);
  const auto pixel = [&](int panel, double x, double y) {
    const cv::Rect& at = panels[static_cast<std::size_t>(panel)];
    return figure(at).at<cv::Vec3b>(static_cast<int>(at.height * y),
                                    static_cast<int>(at.width * x));
  };
  const cv::Vec3b grey(100, 100, 100);
  EXPECT_EQ(pixel(0, 0.5, 0.3), grey);
  EXPECT_EQ(cv::countNonZero(yellow(figure)(panels[0])), 0);

  const cv::Vec3b tint = pixel(1, 0.5, 0.6);  // in the lungs, translucent
  EXPECT_GT(tint[0], tint[2] + 15);
  EXPECT_EQ(pixel(1, 0.15, 0.6), grey);
  EXPECT_GT(cv::countNonZero(yellow(figure)(panels[1])), 500);

  EXPECT_EQ(pixel(2, 0.5, 0.5), cv::Vec3b(0, 0, 255));  // plane 0 is red
  const cv::Vec3b round_the_crop = pixel(2, 0.5, 0.1);
  EXPECT_GT(*std::min_element(round_the_crop.val, round_the_crop.val + 3), 230);

  EXPECT_GT(pixel(3, 0.5, 0.3)[2], pixel(3, 0.5, 0.3)[1] + 15);  // red heat
  EXPECT_EQ(pixel(3, 0.5, 0.9), grey);
}

// No lungs found: no box on the lungs panel, no tint; the overlay still has its crop.
TEST(Panels, WithoutLungsThereIsNoBoxOnTheLungsPanel) {
  PictureContent content = make_content({500, 500}, 100, 0.5F);
  content.lung_box = {};
  content.lung_mask = 0;
  const cv::Mat figure = draw_picture(content, options(Layout::panels));
  const std::vector<cv::Rect> panels = find_panels(figure);
  ASSERT_EQ(panels.size(), 4);
  EXPECT_EQ(cv::norm(figure(panels[0]), figure(panels[1]), cv::NORM_INF), 0);
  EXPECT_GT(cv::countNonZero(yellow(figure)(panels[3])), 500);
}

// A row for upright images; two by two where the image is much wider than high.
TEST(Panels, ArrangementGivesLargePanels) {
  const auto rows = [](cv::Size size) {
    const auto panels = find_panels(draw_picture(make_content(size), options(Layout::panels)));
    return panels.at(0).y == panels.at(3).y ? 1 : 2;
  };
  EXPECT_EQ(rows({900, 1000}), 1);
  EXPECT_EQ(rows({1200, 1000}), 1);
  EXPECT_EQ(rows({2000, 1000}), 2);
}

// The enhanced crop of the original programme comes out in the colours of the golden picture.
TEST(Panels, EnhancedCropHasTheOriginalsColours) {
  const cv::Mat golden = cv::imread(kGolden / "enhanced_1.png");
  ASSERT_FALSE(golden.empty());
  PictureContent content = make_content({1024, 1024});
  set_crop(content, {105, 155, 809, 685});
  cv::cvtColor(golden, content.enhanced, cv::COLOR_BGR2RGB);
  const cv::Mat figure = draw_picture(content, options(Layout::panels));
  const cv::Mat panel = figure(find_panels(figure).at(2));
  const int height = static_cast<int>(std::lround(panel.cols * 685.0 / 809));
  cv::Mat expected;
  cv::resize(golden, expected, {panel.cols, height}, 0, 0, cv::INTER_AREA);
  const int top = (panel.rows - height) / 2;
  EXPECT_EQ(cv::norm(panel.rowRange(top, top + height), expected, cv::NORM_INF), 0);
}

std::vector<fs::path> list(const fs::path& folder) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

std::string error_of_writing(const fs::path& file) {
  try {
    write_png(file, cv::Mat(300, 300, CV_8UC3, kWhite));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// What is read back is what was drawn, whatever the file's name: names are bytes.
TEST(WritePng, WritesUnderAnyName) {
  const test::TempDir folder;
  const cv::Mat picture = draw_picture(make_content({64, 64}), options());
  const std::vector<std::string> names = {"a.png",        "no extension",
                                          "\xff\xfe.png", "line\nbreak.png",
                                          "\u80BA.png",   std::string(251, 'x') + ".png"};
  for (const std::string& name : names) {
    write_png(folder / name, picture);
    std::ifstream stream(folder / name, std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(stream), {});
    EXPECT_EQ(cv::norm(cv::imdecode(bytes, cv::IMREAD_COLOR), picture, cv::NORM_INF), 0);
  }
  EXPECT_EQ(list(folder.path()).size(), names.size());
}

// A picture of an earlier run is replaced.
TEST(WritePng, ReplacesAnOlderFile) {
  const test::TempDir folder;
  std::ofstream(folder / "a.png") << "old";
  write_png(folder / "a.png", cv::Mat(20, 30, CV_8UC3, kWhite));
  EXPECT_EQ(cv::imread(folder / "a.png").size(), cv::Size(30, 20));
}

// The error names the file and the system's reason; nothing is left behind.
TEST(WritePng, MissingFolderIsAnError) {
  const test::TempDir folder;
  const std::string what = error_of_writing(folder / "missing/a.png");
  EXPECT_NE(what.find("write: " + (folder / "missing/a.png").string()), std::string::npos) << what;
  EXPECT_NE(what.find("No such file or directory"), std::string::npos) << what;
  EXPECT_TRUE(list(folder.path()).empty());
}

// The last step fails, too, without a stray file.
TEST(WritePng, FolderInTheWayIsAnErrorAndLeavesNothing) {
  const test::TempDir folder;
  fs::create_directory(folder / "a.png");
  EXPECT_NE(error_of_writing(folder / "a.png").find("Is a directory"), std::string::npos);
  EXPECT_EQ(list(folder.path()), std::vector<fs::path>{"a.png"});
}

/// Files can have no more than a few bytes, as on a full disk.
class TinyFiles {
 public:
  TinyFiles() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit tiny{16, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tiny);
  }
  ~TinyFiles() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, handler_);
  }
  TinyFiles(const TinyFiles&) = delete;
  TinyFiles& operator=(const TinyFiles&) = delete;

 private:
  rlimit limit_{};
  void (*handler_)(int);
};

// Half a picture is never seen: the older file stays as it was.
TEST(WritePng, FullDiskKeepsTheOlderFileAndLeavesNothing) {
  const test::TempDir folder;
  std::ofstream(folder / "a.png") << "old";
  std::string what;
  {
    const TinyFiles full;
    what = error_of_writing(folder / "a.png");
  }
  EXPECT_NE(what.find("File too large"), std::string::npos) << what;
  EXPECT_EQ(list(folder.path()), std::vector<fs::path>{"a.png"});
  EXPECT_EQ(fs::file_size(folder / "a.png"), 3);
}

}  // namespace
}  // namespace cxr
