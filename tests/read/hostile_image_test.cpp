// Small files that would take a decoder minutes or gigabytes.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <string>
#include <vector>

#include "cxr/error.h"
#include "cxr/read.h"
#include "read/image_header.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using test::contains;

cv::Mat texture(int width, int height) {
  cv::Mat image(height, width, CV_8UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(x + y + (x * y) % 7);
    }
  }
  return image;
}

std::string encoded(const cv::Mat& image, const char* kind, const std::vector<int>& options = {}) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(kind, image, bytes, options);
  return {bytes.begin(), bytes.end()};
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string little_endian(std::uint32_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string chunk(const std::string& type, const std::string& content) {
  const std::string body = type + content;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(content.size())) + body +
         big_endian(static_cast<std::uint32_t>(crc));
}

/// The places of a PNG's first chunk behind the header.
constexpr std::size_t kBehindHeader = 8 + 25;

class HostileImageTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& bytes) {
    std::ofstream(folder_ / "image", std::ios::binary) << bytes;
    return folder_ / "image";
  }
  cv::Mat read(const std::string& bytes) { return read_radiograph(write(bytes)).image; }
  std::string error_of(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  /// Of processors, so that a busy machine does not count.
  double seconds() const {
    return static_cast<double>(std::clock() - begin_) / static_cast<double>(CLOCKS_PER_SEC);
  }
  static long peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
  }

  test::TempDir folder_;
  const std::clock_t begin_ = std::clock();
};

// 12 + 0xFFFFFFF4 is 0 in 32 bits, and the walk from chunk to chunk stood still.
TEST_F(HostileImageTest, PngChunkOfNearly4GibDoesNotHang) {
  const std::string whole = encoded(texture(40, 40), ".png");
  for (const std::uint32_t length :
       {0xFFFFFFF4U, 0xFFFFFFFFU, 0x7FFFFFFFU, 0xFFFFFFE8U, 0x80000000U}) {
    for (const std::size_t tail : {std::size_t{0}, std::size_t{8}, std::size_t{62}}) {
      const std::string bytes =
          whole.substr(0, kBehindHeader) + big_endian(length) + "tEXt" + std::string(tail, '\0');
      EXPECT_TRUE(contains(error_of(bytes), "incomplete")) << length;
      EXPECT_THROW(radiograph_size(write(bytes)), Error);
    }
  }
}

TEST_F(HostileImageTest, CompressedTextsOfAPngAreNotInflated) {
  const cv::Mat image = texture(64, 64);
  const std::string whole = encoded(image, ".png");
  const std::string zeros(8'000'000, '\0');
  uLongf size = compressBound(zeros.size());
  std::string packed(size, 0);
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
            reinterpret_cast<const Bytef*>(zeros.data()), zeros.size(), 9);
  packed.resize(size);
  using namespace std::string_literals;
  std::string texts;
  for (int i = 0; i < 900; ++i) {
    texts += chunk("zTXt", "key" + std::to_string(i) + "\0\0"s + packed);
  }
  texts += chunk("iCCP", "profile\0\0"s + packed);
  texts += chunk("iTXt", "key\0\1\0\0\0"s + packed);
  const cv::Mat read_image =
      read(whole.substr(0, kBehindHeader) + texts + whole.substr(kBehindHeader));
  EXPECT_EQ(cv::norm(read_image, image, cv::NORM_INF), 0);
  EXPECT_LT(seconds(), 3);
}

TEST_F(HostileImageTest, ThousandsOfScansAreRefused) {
  const std::string whole = encoded(texture(1000, 1000), ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  EXPECT_EQ(error_of(whole), "");
  const std::size_t last_scan = whole.rfind("\xFF\xDA");
  const std::string scan = whole.substr(last_scan, whole.size() - 2 - last_scan);
  std::string many = whole.substr(0, whole.size() - 2);
  for (int i = 0; i < 1000; ++i) many += scan;
  const std::string error = error_of(many + whole.substr(whole.size() - 2));
  EXPECT_TRUE(contains(error, "more time or memory")) << error;
  EXPECT_LT(seconds(), 3);
}

TEST(JpegColoursTest, MarkersAndNamesTellTheColours) {
  const std::string whole = encoded(cv::Mat(40, 40, CV_8UC3, cv::Scalar(1, 2, 3)), ".jpg");
  const auto colours_of = [](const std::string& bytes) {
    return parse_image_header(
               std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))
        ->colours;
  };
  using namespace std::string_literals;
  const auto adobe = [&](char transform) {
    return whole.substr(0, 2) + "\xFF\xEE\x00\x0E"s + "Adobe\0\x64\0\0\0\0"s + transform +
           whole.substr(2);
  };
  EXPECT_EQ(colours_of(whole), JpegColours::ybr);  // JFIF
  EXPECT_EQ(colours_of(adobe(0)), JpegColours::rgb);
  EXPECT_EQ(colours_of(adobe(1)), JpegColours::ybr);
  const std::size_t app0 = whole.find("\xFF\xE0");
  std::string bare = whole;
  bare.erase(app0, 18);
  EXPECT_EQ(colours_of(bare), JpegColours::unknown);
  const std::size_t frame = bare.find("\xFF\xC0");
  std::string named = bare;
  named[frame + 10] = 'R';
  named[frame + 13] = 'G';
  named[frame + 16] = 'B';
  EXPECT_EQ(colours_of(named), JpegColours::rgb);
  std::string lossless = whole;
  lossless[whole.find("\xFF\xC0") + 1] = '\xC3';
  EXPECT_EQ(colours_of(lossless), JpegColours::unknown);
}

/// A TIFF of 64 x 64 with these further tags: number, type (3 short, 4 long), value.
std::string tiff(const std::vector<std::array<std::uint32_t, 3>>& more) {
  std::vector<std::array<std::uint32_t, 3>> tags = {{256, 3, 64}, {257, 3, 64}, {258, 3, 8},
                                                    {259, 3, 1},  {262, 3, 1},  {277, 3, 1}};
  tags.insert(tags.end(), more.begin(), more.end());
  std::sort(tags.begin(), tags.end());
  std::string bytes = "II*";
  bytes.push_back(0);
  bytes += little_endian(8, 4) + little_endian(static_cast<std::uint32_t>(tags.size()), 2);
  for (const auto& [tag, type, value] : tags) {
    bytes += little_endian(tag, 2) + little_endian(type, 2) + little_endian(1, 4) +
             little_endian(value, 4);
  }
  return bytes + std::string(5000, '\x40');
}

TEST_F(HostileImageTest, TilesAndStripsFarLargerThanTheImageAreRefused) {
  EXPECT_EQ(error_of(tiff({{273, 4, 200}, {278, 3, 64}, {279, 4, 4096}})), "");
  const long peak = peak_mebibytes();
  for (const std::uint32_t side : {30'000U, 1'000'000U}) {
    const std::string tiled =
        tiff({{322, 4, side}, {323, 4, 32'000}, {324, 4, 200}, {325, 4, 4096}});
    EXPECT_NE(error_of(tiled), "") << side;
  }
  read(tiff({{273, 4, 200}, {278, 4, 0xFFFFFFFF}, {279, 4, 4096}}));
  EXPECT_LE(peak_mebibytes() - peak, 200);
}

}  // namespace
}  // namespace cxr
