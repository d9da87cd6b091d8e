#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgproc.hpp>

#include "cxr/error.h"
#include "cxr/read.h"
#include "read/grayscale_transform.h"
#include "support/dicom_file.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using test::contains;
using test::DicomSpec;

/// A picture with every value of `bits` bits, smooth enough for lossy codecs.
cv::Mat ramp(int bits, int width = 80, int height = 64) {
  cv::Mat image(height, width, bits == 8 ? CV_8UC1 : CV_16UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int value = (y * width + x) * ((1 << bits) - 1) / (width * height - 1);
      if (bits == 8) {
        image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(value);
      } else {
        image.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(value);
      }
    }
  }
  return image;
}

cv::Mat negative(const cv::Mat& image, int bits) {
  cv::Mat result;
  cv::subtract((1 << bits) - 1, image, result);
  return result;
}

cv::Mat scaled_to_8_bit(const cv::Mat& image, double brightest) {
  cv::Mat result;
  image.convertTo(result, CV_8U, 255 / brightest);
  return result;
}

class DicomTest : public testing::Test {
 protected:
  std::filesystem::path write(const DicomSpec& spec) {
    auto file = folder_ / "image";
    test::write_dicom(file, spec);
    return file;
  }
  cv::Mat read(const DicomSpec& spec) { return read_radiograph(write(spec)).image; }
  cv::Mat read_forced(const DicomSpec& spec) {
    return read_radiograph(write(spec), {.force = true}).image;
  }

  template <typename Kind = Error>
  std::string error_of(const DicomSpec& spec, const ReadOptions& options = {}) {
    try {
      read_radiograph(write(spec), options);
    } catch (const Kind& error) {
      return error.what();
    }
    return "";
  }

  test::TempDir folder_;
};

struct Coding {
  const char* name;
  E_TransferSyntax syntax;
  int bits;
  double tolerance;  ///< grey values of 255
};

class DicomCodingTest : public DicomTest, public testing::WithParamInterface<Coding> {};

TEST_P(DicomCodingTest, GivesThePicture) {
  const auto& [name, syntax, bits, tolerance] = GetParam();
  const cv::Mat samples = ramp(bits);
  const DicomSpec spec{.samples = samples, .bits_stored = bits, .syntax = syntax};
  EXPECT_LE(test::farthest(read(spec), scaled_to_8_bit(samples, (1 << bits) - 1)), tolerance);
  EXPECT_EQ(radiograph_size(write(spec)), samples.size());
}

INSTANTIATE_TEST_SUITE_P(
    TransferSyntaxes, DicomCodingTest,
    testing::Values(Coding{"implicit", EXS_LittleEndianImplicit, 8, 0},
                    Coding{"implicit_12", EXS_LittleEndianImplicit, 12, 0},
                    Coding{"explicit", EXS_LittleEndianExplicit, 8, 0},
                    Coding{"explicit_12", EXS_LittleEndianExplicit, 12, 0},
                    Coding{"explicit_16", EXS_LittleEndianExplicit, 16, 0},
                    Coding{"big_endian_12", EXS_BigEndianExplicit, 12, 0},
                    Coding{"deflated_12", EXS_DeflatedLittleEndianExplicit, 12, 0},
                    Coding{"rle", EXS_RLELossless, 8, 0}, Coding{"rle_12", EXS_RLELossless, 12, 0},
                    Coding{"jpeg", EXS_JPEGProcess1, 8, 3},
                    Coding{"jpeg_12", EXS_JPEGProcess2_4, 12, 3},
                    Coding{"jpeg_lossless", EXS_JPEGProcess14SV1, 8, 0},
                    Coding{"jpeg_lossless_12", EXS_JPEGProcess14SV1, 12, 0},
                    Coding{"jpeg_lossless_16", EXS_JPEGProcess14SV1, 16, 0},
                    Coding{"jpeg_ls", EXS_JPEGLSLossless, 8, 0},
                    Coding{"jpeg_ls_12", EXS_JPEGLSLossless, 12, 0},
                    Coding{"jpeg_ls_lossy", EXS_JPEGLSLossy, 8, 2},
                    Coding{"jpeg_2000", EXS_JPEG2000LosslessOnly, 8, 0},
                    Coding{"jpeg_2000_12", EXS_JPEG2000LosslessOnly, 12, 0},
                    Coding{"jpeg_2000_16", EXS_JPEG2000LosslessOnly, 16, 0},
                    Coding{"jpeg_2000_lossy", EXS_JPEG2000, 12, 3}),
    [](const auto& coding) { return coding.param.name; });

TEST_F(DicomTest, SignedValuesAreScaledFromTheLeastToTheGreatest) {
  cv::Mat samples;
  ramp(12).convertTo(samples, CV_16S, 1, -2048);
  const DicomSpec spec{.samples = samples, .bits_stored = 12};
  EXPECT_EQ(test::farthest(read(spec), scaled_to_8_bit(ramp(12), 4095)), 0);
}

TEST_F(DicomTest, BitsBesideTheStoredOnesDoNotCount) {
  cv::Mat samples = ramp(12) * 16;  // in the upper twelve of sixteen bits
  samples += 5;
  const DicomSpec spec{.samples = samples, .bits_stored = 12, .high_bit = 15};
  EXPECT_EQ(test::farthest(read(spec), scaled_to_8_bit(ramp(12), 4095)), 0);
}

/// The attributes of a picture with one window.
std::vector<std::pair<std::string, std::string>> window(const std::string& centre,
                                                        const std::string& width,
                                                        const std::string& shape = "LINEAR") {
  return {{"0028,1050", centre}, {"0028,1051", width}, {"0028,1056", shape}};
}

TEST_F(DicomTest, WindowAppliesToRescaledValues) {
  DicomSpec spec{.samples = ramp(12), .bits_stored = 12, .texts = window("100\\7", "201\\9")};
  spec.texts.insert(spec.texts.end(), {{"0028,1052", "-1000"}, {"0028,1053", "+0.5 "}});
  const cv::Mat shown = read(spec);
  const cv::Mat stored = ramp(12);
  for (int y = 0; y < stored.rows; ++y) {
    for (int x = 0; x < stored.cols; ++x) {
      const double value = stored.at<std::uint16_t>(y, x) * 0.5 - 1000;
      const double wanted = std::clamp(((value - 99.5) / 200 + 0.5) * 255, 0.0, 255.0);
      ASSERT_NEAR(shown.at<std::uint8_t>(y, x), wanted, 0.501);
    }
  }
}

TEST_F(DicomTest, LookUpTablesAreRead) {
  DicomSpec spec{.samples = ramp(8), .texts = window("10", "20")};
  std::vector<std::uint16_t> doubled, squares;
  for (int i = 0; i < 256; ++i) doubled.push_back(static_cast<std::uint16_t>(2 * i));
  for (int i = 0; i < 511; ++i) squares.push_back(static_cast<std::uint16_t>(i * i / 4));
  spec.words = {{"0028,3000/0028,3002", {256, 0, 16}},
                {"0028,3000/0028,3006", doubled},
                {"0028,3010/0028,3002", {511, 0, 16}},
                {"0028,3010/0028,3006", squares}};
  const cv::Mat shown = read(spec);
  const cv::Mat stored = ramp(8);
  for (int x = 0; x < stored.cols; ++x) {
    const double value = stored.at<std::uint8_t>(40, x);
    EXPECT_NEAR(shown.at<std::uint8_t>(40, x), value * value / 65535 * 255, 0.501);
  }
}

TEST_F(DicomTest, BrokenTablesAndWindowsAreNotUsed) {
  DicomSpec spec{.samples = ramp(8), .texts = window("10", "0")};
  spec.words = {{"0028,3010/0028,3002", {256, 0, 16}}, {"0028,3010/0028,3006", {1, 2, 3}}};
  EXPECT_EQ(test::farthest(read(spec), ramp(8)), 0);
  spec.texts = window("ten", "20");
  EXPECT_EQ(test::farthest(read(spec), ramp(8)), 0);
}

TEST_F(DicomTest, PictureAndNegativeGiveTheSameResult) {
  for (const int bits : {8, 12, 16}) {
    DicomSpec picture{.samples = ramp(bits), .bits_stored = bits};
    DicomSpec turned{
        .samples = negative(ramp(bits), bits), .photometric = "MONOCHROME1", .bits_stored = bits};
    EXPECT_EQ(test::farthest(read(picture), read(turned)), 0) << bits;
    const int centre = (1 << bits) / 3, width = (1 << bits) / 5;
    for (const char* shape : {"LINEAR", "LINEAR_EXACT", "SIGMOID"}) {
      const int turned_centre = (1 << bits) - centre - (std::string(shape) == "LINEAR" ? 0 : 1);
      picture.texts = window(std::to_string(centre), std::to_string(width), shape);
      turned.texts = window(std::to_string(turned_centre), std::to_string(width), shape);
      EXPECT_EQ(test::farthest(read(picture), read(turned)), 0) << bits << shape;
    }
  }
}

TEST_F(DicomTest, PaddingIsBlackAndDoesNotSpoilTheScale) {
  cv::Mat samples = ramp(12) / 2 + 1000;  // 1000 to 3048
  samples.rowRange(0, 5).setTo(4000);
  DicomSpec spec{.samples = samples, .bits_stored = 12};
  spec.words = {{"0028,0120", {4000}}};
  const cv::Mat shown = read(spec);
  EXPECT_EQ(cv::countNonZero(shown.rowRange(0, 5)), 0);
  EXPECT_EQ(shown.at<std::uint8_t>(63, 79), 255);
  spec.photometric = "MONOCHROME1";
  EXPECT_EQ(cv::countNonZero(read(spec).rowRange(0, 5)), 0);
}

TEST_F(DicomTest, ColourBecomesLuma) {
  cv::Mat colour(64, 80, CV_8UC3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 80; ++x) {
      colour.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(3 * x), 90,
                                    static_cast<std::uint8_t>(3 * y)};
    }
  }
  cv::Mat luma;
  cv::cvtColor(colour, luma, cv::COLOR_RGB2GRAY);
  DicomSpec spec{.samples = colour, .photometric = "RGB"};
  EXPECT_EQ(test::farthest(read_forced(spec), luma), 0);
  spec.syntax = EXS_RLELossless;
  EXPECT_EQ(test::farthest(read_forced(spec), luma), 0);
  spec.syntax = EXS_JPEG2000LosslessOnly;
  EXPECT_LE(test::farthest(read_forced(spec), luma), 1);
  spec.syntax = EXS_JPEGLSLossless;
  EXPECT_EQ(test::farthest(read_forced(spec), luma), 0);
  spec.syntax = EXS_JPEGProcess1;  // as YBR_FULL_422
  EXPECT_LE(test::farthest(read_forced(spec), luma), 6);
  spec = {.samples = colour, .photometric = "RGB", .in_planes = true};
  EXPECT_EQ(test::farthest(read_forced(spec), luma), 0);
  cv::Mat ybr;
  cv::cvtColor(colour, ybr, cv::COLOR_RGB2YCrCb);
  spec = {.samples = ybr, .photometric = "YBR_FULL"};
  EXPECT_LE(test::farthest(read_forced(spec), luma), 1);
}

// Endoscopies and photographs come as secondary captures, with a modality that says nothing.
TEST_F(DicomTest, PicturesInColourAreSkippedUnlessForced) {
  const cv::Mat red(64, 80, CV_8UC3, cv::Scalar(190, 90, 80));
  cv::Mat ybr;
  cv::cvtColor(red, ybr, cv::COLOR_RGB2YCrCb);
  cv::mixChannels(ybr.clone(), ybr, {0, 0, 1, 2, 2, 1});
  cv::Mat deep;
  red.convertTo(deep, CV_16U, 256);
  for (const DicomSpec& spec :
       {DicomSpec{.samples = red, .photometric = "RGB"},
        DicomSpec{.samples = red, .photometric = "RGB", .syntax = EXS_JPEGProcess1},
        DicomSpec{.samples = ybr, .photometric = "YBR_FULL"},
        DicomSpec{.samples = deep, .photometric = "RGB"}}) {
    EXPECT_TRUE(contains(error_of<SkippedError>(spec), "it is in colour; --force"));
    EXPECT_EQ(error_of(spec, {.force = true}), "");
  }
}

TEST_F(DicomTest, FilmsWithSignsInColourAndOfABluishBaseAreRead) {
  cv::Mat film(64, 80, CV_8UC3, cv::Scalar(120, 140, 170));
  film(cv::Rect(0, 0, 10, 20)) = cv::Scalar(255, 0, 0);
  EXPECT_EQ(error_of({.samples = film, .photometric = "RGB"}), "");
}

TEST_F(DicomTest, WhatIsNoFrontalRadiographIsSkippedUnlessForced) {
  const DicomSpec plain{.samples = ramp(8)};
  const std::vector<std::pair<DicomSpec, std::string>> cases = [&] {
    std::vector<std::pair<DicomSpec, std::string>> list;
    const auto add = [&](const std::string& tag, const std::string& text, const char* reason) {
      DicomSpec spec = plain;
      spec.texts = {{tag, text}};
      list.emplace_back(spec, reason);
    };
    add("0008,0060", "MR", "its modality is MR");
    add("0008,0060", "SR", "its modality is SR");
    add("0018,5101", "LL", "lateral");
    add("0018,5101", "RL ", "lateral");
    add("0018,5101", "LATERAL", "lateral");
    add("0054,0220/0008,0104", "left lateral", "lateral");
    DicomSpec frames{.samples = ramp(8, 80, 128), .frames = 2};
    list.emplace_back(frames, "has 2 frames");
    return list;
  }();
  for (const auto& [spec, reason] : cases) {
    const std::string error = error_of<SkippedError>(spec);
    EXPECT_TRUE(contains(error, reason) && contains(error, "--force")) << reason << ": " << error;
    EXPECT_EQ(error_of(spec, {.force = true}), "");
  }
  const cv::Mat first = read_radiograph(write(cases.back().first), {.force = true}).image;
  EXPECT_EQ(test::farthest(first, ramp(8, 80, 128).rowRange(0, 64)), 0);
}

TEST_F(DicomTest, FrontalViewsAreRead) {
  for (const char* position : {"PA", "AP", "LLD", "", "SUPINE"}) {
    EXPECT_EQ(error_of({.samples = ramp(8), .texts = {{"0018,5101", position}}}), "") << position;
  }
  for (const char* meaning : {"antero-posterior", "left lateral decubitus", "lateral oblique"}) {
    EXPECT_EQ(error_of({.samples = ramp(8), .texts = {{"0054,0220/0008,0104", meaning}}}), "");
  }
  for (const char* modality : {"CR", "DX", "OT"}) {
    EXPECT_EQ(error_of({.samples = ramp(8), .texts = {{"0008,0060", modality}}}), "");
  }
}

TEST_F(DicomTest, SizesAreLimited) {
  EXPECT_TRUE(contains(error_of({.samples = ramp(8, 20, 64)}), "too small"));
  EXPECT_TRUE(contains(error_of({.samples = ramp(8)}, {.max_pixels = 5000}), "more than 5000"));
}

/// Whatever breaks, there is an error of ours, and it has no patient in it.
TEST_F(DicomTest, DamagedFilesAreErrorsThatNameNoPatient) {
  for (const auto syntax : {EXS_LittleEndianExplicit, EXS_RLELossless, EXS_JPEGProcess1,
                            EXS_JPEGLSLossless, EXS_JPEG2000LosslessOnly}) {
    const std::string whole = test::read_file(write({.samples = ramp(8), .syntax = syntax}));
    for (std::size_t length = std::size_t{132}; length < whole.size() - 20;
         length += 1 + whole.size() / 40) {
      const auto file = folder_ / "cut";
      std::ofstream(file, std::ios::binary) << whole.substr(0, length);
      try {
        read_radiograph(file);
        ADD_FAILURE() << "cut to " << length << " of " << whole.size() << " bytes, is read";
      } catch (const Error& error) {
        EXPECT_TRUE(contains(error.what(), "cut")) << error.what();
        EXPECT_FALSE(contains(error.what(), "Secret")) << error.what();
      }
    }
  }
}

TEST_F(DicomTest, IsRecognisedByContent) {
  EXPECT_TRUE(looks_like_image(write({.samples = ramp(8)})));
  std::filesystem::rename(folder_ / "image", folder_ / "image.png");
  EXPECT_EQ(test::farthest(read_radiograph(folder_ / "image.png").image, ramp(8)), 0);
}

TEST_F(DicomTest, RealFilesAreRead) {
  const std::filesystem::path folder =
      std::filesystem::path(CXR_SOURCE_DIR) / "../shared/data/dicom";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no ../shared/data/dicom here";
  const cv::Mat bright = read_radiograph(folder / "cr-monochrome2-jpeg.dcm").image;
  const cv::Mat dark = read_radiograph(folder / "cr-monochrome1-jpeg.dcm").image;
  EXPECT_EQ(bright.size(), cv::Size(1024, 1024));
  // The same stored values under both names: one is the other's negative.
  EXPECT_EQ(test::farthest(negative(bright, 8), dark), 0);
  EXPECT_NEAR(cv::mean(bright)[0], 160.429, 0.1);  // by pydicom
}

// Tones worked out by hand from PS3.3, C.11.2.1.
std::vector<int> shown(const std::vector<int>& values, const GrayscaleTransform& tones) {
  cv::Mat stored(1, static_cast<int>(values.size()), CV_16UC1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    stored.at<std::uint16_t>(static_cast<int>(i)) =
        static_cast<std::uint16_t>(values[i] - tones.least());
  }
  const cv::Mat result = apply_grayscale_transform(stored, tones);
  return {result.begin<std::uint8_t>(), result.end<std::uint8_t>()};
}

TEST(DicomTonesTest, LinearWindow) {
  const GrayscaleTransform tones{.bits = 12, .window = DicomWindow{2048, 4096}};
  EXPECT_EQ(shown({0, 2047, 2048, 4095}, tones), (std::vector{0, 127, 128, 255}));
  const GrayscaleTransform narrow{.bits = 12, .window = DicomWindow{100, 1}};
  EXPECT_EQ(shown({99, 100}, narrow), (std::vector{0, 255}));
  const GrayscaleTransform negative{.bits = 12, .is_signed = true, .window = DicomWindow{0, 100}};
  EXPECT_EQ(shown({-51, -50, -1, 0, 49, 50}, negative), (std::vector{0, 0, 126, 129, 255, 255}));
}

TEST(DicomTonesTest, LinearExactWindow) {
  const GrayscaleTransform tones{.bits = 12,
                                 .window = DicomWindow{100, 50, DicomWindow::Shape::linear_exact}};
  EXPECT_EQ(shown({74, 75, 100, 110, 125, 126}, tones), (std::vector{0, 0, 128, 178, 255, 255}));
}

TEST(DicomTonesTest, SigmoidWindow) {
  const GrayscaleTransform tones{.bits = 12,
                                 .window = DicomWindow{100, 40, DicomWindow::Shape::sigmoid}};
  EXPECT_EQ(shown({0, 80, 100, 120, 200}, tones), (std::vector{0, 30, 128, 225, 255}));
}

TEST(DicomTonesTest, TablesHoldTheirEndsAndStartWhereTheySay) {
  const GrayscaleTransform tones{.bits = 8,
                                 .voi_lut = DicomLut{.first = 10, .entries = {50, 100, 200}}};
  EXPECT_EQ(shown({0, 10, 11, 12, 255}, tones), (std::vector{50, 50, 100, 200, 200}));
}

}  // namespace
}  // namespace cxr
