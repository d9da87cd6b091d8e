#include "read/orientation.h"

#include <gtest/gtest.h>

#include <cstring>
#include <opencv2/imgproc.hpp>

#include "cxr/read.h"
#include "support/dicom_file.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

/// Upright: bright at the head (top), half at the patient's left (right).
cv::Mat upright_film() {
  cv::Mat film = cv::Mat::zeros(64, 48, CV_8UC1);
  film.rowRange(0, 8).setTo(255);
  film.colRange(40, 48).setTo(128);
  return film;
}

struct Stored {
  const char* orientation;
  cv::Mat film;
};

/// The film as each orientation stores it.
std::vector<Stored> all_orientations() {
  const cv::Mat film = upright_film();
  const auto flipped = [](const cv::Mat& image, int code) {
    cv::Mat result;
    cv::flip(image, result, code);
    return result;
  };
  const cv::Mat turned = film.t();
  return {{"L\\F", film},
          {"R\\F", flipped(film, 1)},
          {"L\\H", flipped(film, 0)},
          {"R\\H", flipped(film, -1)},
          {"F\\L", turned},
          {"H\\L", flipped(turned, 1)},
          {"F\\R", flipped(turned, 0)},
          {"H\\R", flipped(turned, -1)},
          {"LF\\FP", film},
          {"RA\\F", flipped(film, 1)}};
}

class OrientationTest : public testing::Test {
 protected:
  std::filesystem::path write(const test::DicomSpec& spec) {
    test::write_dicom(folder_ / "film", spec);
    return folder_ / "film";
  }
  Radiograph read(const test::DicomSpec& spec) { return read_radiograph(write(spec)); }

  test::TempDir folder_;
};

TEST_F(OrientationTest, FilmsAreTurnedUprightAndTheNoteSaysSo) {
  for (const auto& [orientation, film] : all_orientations()) {
    SCOPED_TRACE(orientation);
    const auto file = write({.samples = film, .texts = {{"0020,0020", orientation}}});
    const Radiograph radiograph = read_radiograph(file);
    ASSERT_EQ(radiograph.image.size(), upright_film().size());
    EXPECT_EQ(cv::norm(radiograph.image, upright_film(), cv::NORM_INF), 0);
    EXPECT_EQ(radiograph_size(file), radiograph.image.size());
    const bool is_upright =
        orientation[0] == 'L' && orientation[std::strlen(orientation) - 1] != 'H';
    EXPECT_EQ(radiograph.notes.empty(), is_upright);
  }
  const Radiograph mirrored = read({.samples = upright_film(), .texts = {{"0020,0020", "R\\F"}}});
  EXPECT_EQ(mirrored.notes,
            std::vector<std::string>{"turned upright: its Patient Orientation is R\\F"});
}

TEST_F(OrientationTest, WhatIsNoOrientationTurnsNothing) {
  for (const char* orientation : {"", "L", "L\\R", "F\\H", "X\\Y", "\\", "L\\F\\H", "R\\R"}) {
    const Radiograph film =
        read({.samples = upright_film(), .texts = {{"0020,0020", orientation}}});
    EXPECT_EQ(cv::norm(film.image, upright_film(), cv::NORM_INF), 0) << orientation;
    EXPECT_TRUE(film.notes.empty());
  }
}

TEST_F(OrientationTest, PixelsBecomeSquareByStretchingTheirShorterSide) {
  struct Case {
    const char* tag;
    const char* sides;
    cv::Size wanted;
  };
  for (const auto& [tag, sides, wanted] :
       {Case{"0028,0034", "2\\1", {48, 128}}, Case{"0028,0034", "1\\2", {96, 64}},
        Case{"0018,1164", "0.3\\0.2", {48, 96}}, Case{"0028,0030", "0.1\\0.15", {72, 64}},
        Case{"0018,2010", "0.2\\0.2", {48, 64}}, Case{"0018,1164", "0.1\\0.1005", {48, 64}},
        Case{"0018,1164", "0\\0.1", {48, 64}}, Case{"0018,1164", "-1\\2", {48, 64}},
        Case{"0028,0034", "1\\100", {48, 64}}, Case{"0028,0034", "nan\\1", {48, 64}}}) {
    SCOPED_TRACE(std::string(tag) + " " + sides);
    const auto file = write({.samples = upright_film(), .texts = {{tag, sides}}});
    const Radiograph film = read_radiograph(file);
    EXPECT_EQ(film.image.size(), wanted);
    EXPECT_EQ(radiograph_size(file), wanted);
    EXPECT_EQ(film.notes.empty(), wanted == cv::Size(48, 64));
    EXPECT_GT(cv::mean(film.image.rowRange(0, 8))[0], 200);
  }
}

TEST_F(OrientationTest, FilmsAreStretchedBeforeTheyAreTurned) {
  const test::DicomSpec spec{.samples = upright_film().t(),
                             .texts = {{"0020,0020", "F\\L"}, {"0028,0034", "1\\2"}}};
  const Radiograph film = read(spec);
  EXPECT_EQ(film.image.size(), cv::Size(48, 128));
  EXPECT_EQ(film.notes.size(), 2U);
  EXPECT_EQ(radiograph_size(write(spec)), film.image.size());
}

}  // namespace
}  // namespace cxr
