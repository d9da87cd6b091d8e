#include "cxr/read.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

#include "cxr/error.h"
#include "read/image_header.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using test::contains;

using Bytes = std::vector<std::uint8_t>;

const std::filesystem::path kGolden = std::filesystem::path(CXR_TEST_DATA) / "golden";

/// A grey picture with a slope in both directions and some texture.
cv::Mat slope(int width = 61, int height = 47) {
  cv::Mat image(height, width, CV_8UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(x * 2 + y * 2 + (x * y) % 5);
    }
  }
  return image;
}

cv::Mat in_colour(const cv::Mat& grey) {
  cv::Mat colour;
  cv::cvtColor(grey, colour, cv::COLOR_GRAY2BGR);
  return colour;
}

Bytes encode(const cv::Mat& image, const std::string& extension,
             const std::vector<int>& options = {}) {
  Bytes bytes;
  cv::imencode(extension, image, bytes, options);
  return bytes;
}

/// One file of each kind that is read.
std::vector<std::pair<std::string, Bytes>> one_of_each() {
  const cv::Mat grey = slope();
  cv::Mat deep;
  grey.convertTo(deep, CV_16U, 16);
  return {{"png", encode(grey, ".png")},
          {"16-bit png", encode(deep, ".png")},
          {"jpeg", encode(grey, ".jpg")},
          {"progressive jpeg", encode(in_colour(grey), ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1})},
          {"tiff", encode(grey, ".tif")},
          {"16-bit tiff", encode(deep, ".tif", {cv::IMWRITE_TIFF_COMPRESSION, 1})},
          {"bmp", encode(grey, ".bmp")},
          {"lossy webp", encode(in_colour(grey), ".webp", {cv::IMWRITE_WEBP_QUALITY, 90})},
          {"lossless webp", encode(in_colour(grey), ".webp", {cv::IMWRITE_WEBP_QUALITY, 101})}};
}

/// Puts a segment behind the start marker of a JPEG.
Bytes with_segment(const Bytes& jpeg, std::uint8_t marker, const Bytes& content) {
  const std::size_t length = content.size() + 2;
  Bytes segment = {0xFF, marker, static_cast<std::uint8_t>(length >> 8),
                   static_cast<std::uint8_t>(length)};
  segment.insert(segment.end(), content.begin(), content.end());
  Bytes result = jpeg;
  result.insert(result.begin() + 2, segment.begin(), segment.end());
  return result;
}

/// EXIF with one tag: the orientation.
Bytes exif_orientation(std::uint8_t orientation) {
  Bytes exif = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8};
  exif.insert(exif.end(), {0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0});
  return exif;
}

constexpr std::uint32_t kPhotometric = 262, kOrientation = 274, kPlanarConfiguration = 284,
                        kExtraSamples = 338;

/// Makes of a tag in a little-endian TIFF another one.
void replace_tiff_tag(Bytes& tiff, std::uint32_t tag, std::uint32_t new_tag, std::uint8_t value) {
  const auto number = [&](std::size_t at, int count) {
    std::uint32_t result = 0;
    while (count-- > 0) result = result << 8 | tiff.at(at + static_cast<std::size_t>(count));
    return result;
  };
  const std::size_t directory = number(4, 4);
  for (std::size_t i = 0; i < number(directory, 2); ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (number(entry, 2) != tag) continue;
    tiff[entry] = static_cast<std::uint8_t>(new_tag);
    tiff[entry + 1] = static_cast<std::uint8_t>(new_tag >> 8);
    tiff[entry + 8] = value;
    return;
  }
  FAIL() << "no tag " << tag;
}

class ReadTest : public testing::Test {
 protected:
  cv::Mat read(const Bytes& bytes, std::int64_t max_pixels = kMaxPixels) {
    return read_radiograph(write(bytes), {.max_pixels = max_pixels}).image;
  }
  /// The error of reading these bytes; empty where they can be read.
  std::string error_of(const Bytes& bytes, std::int64_t max_pixels = kMaxPixels) {
    return error_of(write(bytes), max_pixels);
  }
  static std::string error_of(const std::filesystem::path& path,
                              std::int64_t max_pixels = kMaxPixels) {
    try {
      read_radiograph(path, {.max_pixels = max_pixels});
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
  std::filesystem::path write(const Bytes& bytes, const std::string& name = "image") {
    std::ofstream stream(folder_ / name, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    return folder_ / name;
  }

  test::TempDir folder_;
};

void expect_equal(const cv::Mat& actual, const cv::Mat& expected, double tolerance = 0.0) {
  ASSERT_EQ(actual.type(), CV_8UC1);
  ASSERT_EQ(actual.size(), expected.size());
  EXPECT_LE(cv::norm(actual, expected, cv::NORM_INF), tolerance);
}

TEST_F(ReadTest, LosslessGreyImagesComeBackToTheBit) {
  for (const char* extension : {".png", ".tif", ".bmp"}) {
    SCOPED_TRACE(extension);
    expect_equal(read(encode(slope(), extension)), slope());
  }
}

TEST_F(ReadTest, GoldenPhantomsAreReadAsOpenCvReadsThem) {
  for (const char* name : {"phantom_0.png", "phantom_1.png", "phantom_2.png", "phantom_3.png",
                           "phantom_4.png", "phantom_5.jpg"}) {
    SCOPED_TRACE(name);
    const std::string file = (kGolden / name).string();
    expect_equal(read_radiograph(file).image, cv::imread(file, cv::IMREAD_GRAYSCALE),
                 file.ends_with(".jpg") ? 1.0 : 0.0);
  }
}

TEST_F(ReadTest, EveryFormatIsRecognisedByContentAndNotByName) {
  for (const auto& [kind, bytes] : one_of_each()) {
    SCOPED_TRACE(kind);
    const cv::Mat image = read_radiograph(write(bytes, "misnamed.txt")).image;
    EXPECT_EQ(image.type(), CV_8UC1);
    EXPECT_EQ(image.size(), slope().size());
  }
}

TEST_F(ReadTest, ColourBecomesLuma) {
  const cv::Mat colour(40, 40, CV_8UC3, cv::Scalar(50, 100, 200));
  const double luma = 0.114 * 50 + 0.587 * 100 + 0.299 * 200;
  expect_equal(read(encode(colour, ".png")), cv::Mat(40, 40, CV_8UC1, cv::Scalar(luma)), 1.0);
}

TEST_F(ReadTest, TransparentPixelsLieOnBlack) {
  cv::Mat image(40, 40, CV_8UC4, cv::Scalar(200, 200, 200, 255));
  image(cv::Rect(0, 0, 10, 40)).setTo(cv::Scalar(200, 200, 200, 0));
  image(cv::Rect(10, 0, 10, 40)).setTo(cv::Scalar(200, 200, 200, 128));
  Bytes tiff = encode(image, ".tif", {cv::IMWRITE_TIFF_COMPRESSION, 1});
  replace_tiff_tag(tiff, kPlanarConfiguration, kExtraSamples, 2);  // alpha, not multiplied yet
  for (const Bytes& bytes :
       {encode(image, ".png"), encode(image, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101}), tiff}) {
    const cv::Mat grey = read(bytes);
    EXPECT_EQ(grey.at<std::uint8_t>(5, 5), 0);
    EXPECT_NEAR(grey.at<std::uint8_t>(5, 15), 100, 1);
    EXPECT_EQ(grey.at<std::uint8_t>(5, 35), 200);
  }
}

TEST_F(ReadTest, DeepSamplesAreScaledFromTheDarkestToTheBrightest) {
  cv::Mat twelve_bits(40, 40, CV_16UC1, cv::Scalar(1000));
  twelve_bits.at<std::uint16_t>(0, 0) = 100;
  twelve_bits.at<std::uint16_t>(0, 1) = 4095;
  for (const char* extension : {".png", ".tif"}) {
    SCOPED_TRACE(extension);
    const cv::Mat grey = read(encode(twelve_bits, extension));
    ASSERT_EQ(grey.type(), CV_8UC1);
    EXPECT_EQ(grey.at<std::uint8_t>(0, 0), 0);
    EXPECT_EQ(grey.at<std::uint8_t>(0, 1), 255);
    EXPECT_EQ(grey.at<std::uint8_t>(9, 9), 57);  // 900 / 3995 * 255
  }
}

TEST_F(ReadTest, DeepImageOfOneValueIsBlack) {
  const cv::Mat flat(40, 40, CV_16UC1, cv::Scalar(3000));
  expect_equal(read(encode(flat, ".png")), cv::Mat::zeros(40, 40, CV_8UC1));
}

TEST_F(ReadTest, FloatingPointTiffIsScaledAndRefusedWhereItHoldsNoNumber) {
  cv::Mat image(40, 40, CV_32FC1, cv::Scalar(0.0));
  image.at<float>(0, 0) = -2.0F;
  image.at<float>(0, 1) = 2.0F;
  const cv::Mat grey = read(encode(image, ".tif"));
  EXPECT_EQ(grey.at<std::uint8_t>(0, 0), 0);
  EXPECT_EQ(grey.at<std::uint8_t>(0, 1), 255);
  EXPECT_NEAR(grey.at<std::uint8_t>(9, 9), 128, 1);

  image.at<float>(3, 3) = NAN;
  EXPECT_TRUE(contains(error_of(encode(image, ".tif")), "not finite numbers"));
}

// OpenCV shows a 16-bit TIFF whose white is zero as its negative.
TEST_F(ReadTest, TiffWhoseWhiteIsZeroIsNoNegative) {
  cv::Mat deep;
  slope().convertTo(deep, CV_16U, 16);
  for (const cv::Mat& image : {slope(), deep}) {
    Bytes tiff = encode(image, ".tif");
    const cv::Mat positive = read(tiff);
    replace_tiff_tag(tiff, kPhotometric, kPhotometric, 0);
    expect_equal(read(tiff), 255 - positive);
  }
}

TEST_F(ReadTest, FirstPageOfManyIsRead) {
  const std::filesystem::path file = folder_ / "pages.tif";
  const cv::Mat black = cv::Mat::zeros(slope().size(), CV_8UC1);
  cv::imwritemulti(file.string(), std::vector<cv::Mat>{slope(), black});
  expect_equal(read_radiograph(file).image, slope());
}

TEST_F(ReadTest, OrientationOfJpegAndTiffIsApplied) {
  const Bytes jpeg = encode(slope(), ".jpg", {cv::IMWRITE_JPEG_QUALITY, 100});
  cv::Mat turned;
  cv::rotate(read(jpeg), turned, cv::ROTATE_90_CLOCKWISE);
  expect_equal(read(with_segment(jpeg, 0xE1, exif_orientation(6))), turned);
  Bytes tiff = encode(slope(), ".tif", {cv::IMWRITE_TIFF_COMPRESSION, 1});
  replace_tiff_tag(tiff, kPlanarConfiguration, kOrientation, 6);
  cv::rotate(slope(), turned, cv::ROTATE_90_CLOCKWISE);
  expect_equal(read(tiff), turned);
}

TEST_F(ReadTest, TheSizeIsKnownWithoutDecoding) {
  for (const auto& [kind, bytes] : one_of_each()) {
    EXPECT_EQ(radiograph_size(write(bytes)), read(bytes).size()) << kind;
  }
  const Bytes jpeg = encode(slope(), ".jpg");
  for (std::uint8_t orientation = 0; orientation <= 9; ++orientation) {
    const Bytes turned = with_segment(jpeg, 0xE1, exif_orientation(orientation));
    EXPECT_EQ(radiograph_size(write(turned)), read(turned).size()) << int{orientation};
    const Bytes second = with_segment(turned, 0xE1, exif_orientation(1));
    EXPECT_EQ(radiograph_size(write(second)), read(second).size()) << int{orientation};
    for (const int type : {CV_8UC1, CV_16UC1}) {
      cv::Mat image;
      slope().convertTo(image, type);
      Bytes tiff = encode(image, ".tif", {cv::IMWRITE_TIFF_COMPRESSION, 1});
      replace_tiff_tag(tiff, kPlanarConfiguration, kOrientation, orientation);
      EXPECT_EQ(radiograph_size(write(tiff)), read(tiff).size()) << int{orientation};
    }
  }
  Bytes cut = jpeg;
  cut.resize(cut.size() / 2);
  EXPECT_THROW(radiograph_size(write(cut)), Error);
}

// OpenCV returns half a JPEG without complaint.
TEST_F(ReadTest, TruncatedFilesAreErrorsAtAnyLength) {
  for (const auto& [kind, whole] : one_of_each()) {
    const std::size_t size = whole.size();
    for (const std::size_t length : {size - 1, size - 2, size - 12, size - 13, size - 40, size / 2,
                                     size / 4, std::size_t{60}, std::size_t{20}, std::size_t{3}}) {
      SCOPED_TRACE(kind + " cut to " + std::to_string(length));
      const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
      const bool complete = error_of(cut).empty();
      // The last bytes of a TIFF say that there is no second page: no pixel is missing with them.
      EXPECT_TRUE(!complete || (kind.ends_with("tiff") && length + 4 >= size));
      if (complete) expect_equal(read(cut), read(whole));
    }
  }
}

TEST_F(ReadTest, EndMarkerOfThumbnailIsNotTheEndOfTheJpeg) {
  const Bytes thumbnail = encode(slope(32, 32), ".jpg");
  Bytes jpeg = with_segment(encode(slope(200, 200), ".jpg"), 0xE1, thumbnail);
  EXPECT_EQ(read(jpeg).size(), cv::Size(200, 200));
  jpeg.resize(jpeg.size() - 300);
  EXPECT_TRUE(contains(error_of(jpeg), "incomplete"));
}

// A download that was given its full size beforehand and then broke off.
TEST_F(ReadTest, JpegWithZerosForItsSecondHalfIsIncomplete) {
  Bytes jpeg = encode(slope(200, 200), ".jpg");
  std::fill(jpeg.begin() + static_cast<long>(jpeg.size() / 2), jpeg.end(), std::uint8_t{0});
  EXPECT_TRUE(contains(error_of(jpeg), "incomplete"));
}

TEST_F(ReadTest, BytesBehindTheEndOfTheImageDoNoHarm) {
  for (auto [kind, bytes] : one_of_each()) {
    SCOPED_TRACE(kind);
    const cv::Mat image = read(bytes);
    bytes.insert(bytes.end(), {'t', 'a', 'i', 'l', 0xFF, 0xFF});
    expect_equal(read(bytes), image);
  }
}

TEST_F(ReadTest, HugeImageIsRefusedByItsHeaderWithItsSize) {
  for (const auto& [kind, bytes] : one_of_each()) {
    SCOPED_TRACE(kind);
    const std::string error = error_of(bytes, 2866);
    EXPECT_TRUE(contains(error, "is 61 x 47 pixels, more than 2866")) << error;
    EXPECT_EQ(error_of(bytes, 2867), "");
  }
}

TEST_F(ReadTest, HugeImageIsRefusedBeforeItIsDecoded) {
  Bytes bmp = encode(slope(), ".bmp");
  for (const std::size_t side : {18U, 22U}) {
    bmp[side] = 0x20;
    bmp[side + 1] = 0x4E;  // 20,000
  }
  EXPECT_TRUE(contains(error_of(bmp), "is 20000 x 20000 pixels, more than 100000000"));
}

TEST_F(ReadTest, SmallImageIsRefusedWithItsSize) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(31, 500), cv::Size(500, 31)}) {
    const std::string error = error_of(encode(slope(size.width, size.height), ".png"));
    EXPECT_TRUE(contains(error, "is " + std::to_string(size.width) + " x " +
                                    std::to_string(size.height) + " pixels, too small"))
        << error;
  }
  EXPECT_EQ(error_of(encode(slope(32, 32), ".png")), "");
}

TEST_F(ReadTest, WhatIsNoImageIsNamedInTheError) {
  const std::string text = "BMI,age\n22,50\n";
  EXPECT_TRUE(contains(error_of(Bytes(text.begin(), text.end())), "is not a DICOM, PNG, JPEG"));
  EXPECT_TRUE(contains(error_of(Bytes{}), "is empty"));
  EXPECT_TRUE(contains(error_of(folder_ / "missing.png"), "no such file"));
  EXPECT_TRUE(contains(error_of(folder_.path()), "is a folder"));
  EXPECT_TRUE(contains(error_of(folder_ / "missing.png"), "read: " + folder_.path().string()));
}

TEST_F(ReadTest, ErrorsAreOneLineWithoutOpenCvsOwnWords) {
  Bytes tiff = encode(slope(), ".tif");
  tiff.resize(tiff.size() / 2);
  for (const Bytes& bytes : {tiff, Bytes{'R', 'I', 'F', 'F', 4, 0, 0, 0, 'W', 'E', 'B', 'P'}}) {
    const std::string error = error_of(bytes);
    EXPECT_FALSE(contains(error, "\n"));
    EXPECT_FALSE(contains(error, "OpenCV"));
  }
}

TEST_F(ReadTest, NamesMayHoldAnything) {
  for (const char* name : {"with space.png", "q\"uo'te.png", "new\nline.png", "Röntgen-胸部.png",
                           "a;b,c&d.png", "-dash.png"}) {
    SCOPED_TRACE(name);
    expect_equal(read_radiograph(write(encode(slope(), ".png"), name)).image, slope());
  }
}

// Whatever the bytes, the outcome is an image of the header's size or an Error.
TEST_F(ReadTest, DamagedBytesNeverCrash) {
  std::mt19937 random(20240501);
  for (const auto& [kind, whole] : one_of_each()) {
    SCOPED_TRACE(kind);
    for (int round = 0; round < 40; ++round) {
      Bytes bytes = whole;
      const std::size_t reach =
          round % 2 == 0 ? std::min<std::size_t>(bytes.size(), 64) : bytes.size();
      for (int flips = 0; flips < 3; ++flips) {
        bytes[random() % reach] = static_cast<std::uint8_t>(random());
      }
      const auto header = parse_image_header(bytes);
      if (error_of(bytes, 1'000'000).empty()) {
        EXPECT_LE(header->width * header->height, 1'000'000);
      }
    }
  }
}

TEST_F(ReadTest, DamagedPngNeverPassesForAnotherPicture) {
  const Bytes whole = encode(slope(), ".png");
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    Bytes bytes = whole;
    bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    if (error_of(bytes).empty()) expect_equal(read(bytes), slope());
  }
}

TEST(ImageHeaderTest, AnyPrefixIsReadWithinItsBounds) {
  for (const auto& [kind, whole] : one_of_each()) {
    SCOPED_TRACE(kind);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      // A copy of just this length, so that a sanitizer sees the first byte beyond.
      const Bytes prefix(whole.begin(), whole.begin() + static_cast<long>(length));
      const auto header = parse_image_header(prefix);
      EXPECT_LE(header.has_value(), length >= 3);
    }
  }
}

TEST(ImageHeaderTest, SizeIsThatOfTheDecodedImage) {
  for (const auto& [kind, bytes] : one_of_each()) {
    SCOPED_TRACE(kind);
    const auto header = parse_image_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->width, 61);
    EXPECT_EQ(header->height, 47);
    EXPECT_TRUE(header->complete);
  }
}

TEST_F(ReadTest, FilesLookLikeImagesByEndingOrContent) {
  for (const char* name :
       {"a.png", "a.JPG", "a.jpeg", "a.jpe", "a.JFIF", "a.tif", "a.TiFF", "a.bmp", "a.webp"}) {
    EXPECT_TRUE(looks_like_image(write({}, name))) << name;
  }
  for (const auto& [kind, bytes] : one_of_each()) {
    EXPECT_TRUE(looks_like_image(write(bytes, "no-ending"))) << kind;
  }
  EXPECT_FALSE(looks_like_image(write({}, "empty")));
  EXPECT_FALSE(looks_like_image(write({'B', 'M', 'I', ',', 'a', 'g', 'e'}, "BMI.csv")));
  EXPECT_FALSE(looks_like_image(folder_ / "missing"));
  std::filesystem::create_directory(folder_ / "folder.png");
  EXPECT_FALSE(looks_like_image(folder_ / "folder.png"));
}

}  // namespace
}  // namespace cxr
