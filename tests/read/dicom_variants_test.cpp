// DICOM as modalities and archives really write it: every file here was refused, or read wrongly
// without a word.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "cxr/error.h"
#include "cxr/read.h"
#include "support/dicom_file.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using namespace std::string_literals;
using test::contains;
using test::DicomSpec;
using Bytes = std::vector<std::uint8_t>;

/// All values of 8 bits, with noise in the low byte of 16.
cv::Mat gradient(int type = CV_8UC1, cv::Size size = {64, 48}) {
  cv::Mat image(size, type);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const int value = (4 * x + y) % 256;
      if (type == CV_8UC1) {
        image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(value);
      } else {
        image.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(value << 8 | (x * y) % 256);
      }
    }
  }
  return image;
}

cv::Mat colour_picture() {
  cv::Mat colour(64, 80, CV_8UC3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 80; ++x) {
      colour.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(3 * x), 90,
                                    static_cast<std::uint8_t>(3 * y)};
    }
  }
  return colour;
}

/// Preamble and meta header, by its length in the first element.
std::string meta_header(const std::string& file) {
  const auto byte = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(file[at]));
  };
  return file.substr(0, 144 + byte(140) + 256 * byte(141));
}

class DicomVariantsTest : public testing::Test {
 protected:
  Radiograph read(const DicomSpec& spec, bool force = false) {
    test::write_dicom(folder_ / "image", spec);
    return read_radiograph(folder_ / "image", {.force = force});
  }
  cv::Mat image(const DicomSpec& spec) { return read(spec).image; }

  /// The compressed frame of a file of gradient().
  Bytes codestream_of(E_TransferSyntax syntax, const cv::Mat& samples = gradient()) {
    test::write_dicom(folder_ / "encoded", {.samples = samples, .syntax = syntax});
    const std::string file = test::read_file(folder_ / "encoded");
    const bool is_jpeg_2000 = syntax == EXS_JPEG2000LosslessOnly;
    const std::size_t begin = file.find(is_jpeg_2000 ? "\xFF\x4F\xFF" : "\xFF\xD8\xFF");
    Bytes codestream(file.begin() + static_cast<long>(begin), file.end() - 8);
    if (codestream.back() == 0) codestream.pop_back();
    return codestream;
  }

  template <typename Kind = Error>
  std::string error_of(const DicomSpec& spec, bool force = false) {
    try {
      read(spec, force);
    } catch (const Kind& error) {
      return error.what();
    }
    return "";
  }

  /// Changes the bytes of the file that `spec` gives, and reads it.
  template <typename Edit>
  cv::Mat read_edited(const DicomSpec& spec, const Edit& edit) {
    test::write_dicom(folder_ / "whole", spec);
    std::string bytes = test::read_file(folder_ / "whole");
    edit(bytes);
    std::ofstream(folder_ / "edited", std::ios::binary) << bytes;
    return read_radiograph(folder_ / "edited").image;
  }

  test::TempDir folder_;
};

// ---- Texts

TEST_F(DicomVariantsTest, TextsPaddedWithNulTabOrBlanksAreUnderstood) {
  for (const std::string& padding : {"\0"s, "\0\0\0"s, " "s, "\t"s, " \0 "s}) {
    DicomSpec spec{.samples = gradient(), .photometric = "MONOCHROME1"};
    spec.texts = {{"0028,0004", "MONOCHROME1" + padding}};
    EXPECT_EQ(test::farthest(image(spec), 255 - gradient()), 0);
    spec = {.samples = gradient()};
    spec.texts = {{"0028,1050", padding + "64" + padding},
                  {"0028,1051", "128" + padding},
                  {"0028,1056", "LINEAR_EXACT" + padding},
                  {"0028,1053", "1" + padding},
                  {"0028,1052", "-128" + padding}};
    const cv::Mat shown = image(spec);
    EXPECT_EQ(shown.at<std::uint8_t>(0, 32), 0);    // 128
    EXPECT_EQ(shown.at<std::uint8_t>(0, 48), 128);  // 192
  }
}

TEST_F(DicomVariantsTest, ElementsOfUnknownKindAreUnderstood) {
  DicomSpec spec{.samples = gradient()};
  spec.unknown = {
      {"0028,0004", "MONOCHROME1 "}, {"0028,0010", "\x30\0"s}, {"0028,0100", "\x08\0"s}};
  EXPECT_EQ(test::farthest(image(spec), 255 - gradient()), 0);
  spec.unknown = {{"0008,0060", "MR"}};
  EXPECT_TRUE(contains(error_of<SkippedError>(spec), "modality is MR"));
}

// ---- Run lengths

/// A frame: the number of segments, their offsets, and the segments.
Bytes rle_frame(const std::vector<Bytes>& segments) {
  Bytes frame(64);
  const auto put = [&](std::size_t at, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i)
      frame[4 * at + i] = static_cast<std::uint8_t>(value >> 8 * i);
  };
  put(0, segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    put(i + 1, frame.size());
    frame.insert(frame.end(), segments[i].begin(), segments[i].end());
  }
  return frame;
}

/// Literal runs of 128 and, at the end, less.
Bytes literal_runs(const Bytes& bytes) {
  Bytes packed;
  for (std::size_t at = 0; at < bytes.size(); at += 128) {
    const std::size_t length = std::min<std::size_t>(128, bytes.size() - at);
    packed.push_back(static_cast<std::uint8_t>(length - 1));
    packed.insert(packed.end(), bytes.begin() + static_cast<long>(at),
                  bytes.begin() + static_cast<long>(at + length));
  }
  return packed;
}

Bytes rle_of(const cv::Mat& samples) {
  std::vector<Bytes> segments;
  for (std::size_t byte = samples.elemSize(); byte-- > 0;) {
    Bytes plane;
    for (std::size_t i = 0; i < samples.total(); ++i) {
      plane.push_back(samples.data[i * samples.elemSize() + byte]);
    }
    segments.push_back(literal_runs(plane));
  }
  return rle_frame(segments);
}

DicomSpec rle_spec(const cv::Mat& samples, Bytes codestream, int fragments = 1) {
  return {.samples = samples,
          .syntax = EXS_RLELossless,
          .codestream = std::move(codestream),
          .fragments = fragments};
}

TEST_F(DicomVariantsTest, RleInSeveralFragmentsKeepsItsLowByte) {
  const cv::Mat samples = gradient(CV_16UC1);
  const cv::Mat wanted = image({.samples = samples});
  for (const int fragments : {1, 2, 3, 7}) {
    EXPECT_EQ(test::farthest(image(rle_spec(samples, rle_of(samples), fragments)), wanted), 0);
  }
}

TEST_F(DicomVariantsTest, RleWithMissingPixelsIsAnError) {
  for (const int type : {CV_8UC1, CV_16UC1}) {
    const Bytes whole = rle_of(gradient(type));
    for (const std::size_t missing : {std::size_t{2}, std::size_t{30}, whole.size() / 2}) {
      const Bytes cut(whole.begin(), whole.end() - static_cast<long>(missing));
      EXPECT_TRUE(contains(error_of(rle_spec(gradient(type), cut)), "run-length")) << missing;
    }
  }
  const Bytes full = literal_runs(Bytes(gradient().total())), cut(full.begin(), full.end() - 40);
  EXPECT_TRUE(
      contains(error_of(rle_spec(gradient(CV_16UC1), rle_frame({cut, full}))), "run-length"));
}

// DCMTK follows the offsets wherever they lead: a crash, or other memory as a picture.
TEST_F(DicomVariantsTest, RleHeadersThatLeadOutOfTheFrameAreErrors) {
  const Bytes whole = rle_of(gradient(CV_16UC1));
  const auto with = [&](std::size_t at, std::uint32_t value) {
    Bytes frame = whole;
    for (std::size_t i = 0; i < 4; ++i) frame[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
    return error_of(rle_spec(gradient(CV_16UC1), frame));
  };
  for (const std::uint32_t count : {0U, 1U, 3U, 16U, 0xFFFFFFFFU}) {
    EXPECT_TRUE(contains(with(0, count), "run-length")) << count;
  }
  for (const std::uint32_t offset : {0U, 63U, 0xFFFFFFF0U, 0x7FFFFFFFU}) {
    EXPECT_TRUE(contains(with(4, offset), "run-length")) << offset;
    EXPECT_TRUE(contains(with(8, offset), "run-length")) << offset;
  }
  EXPECT_TRUE(contains(error_of(rle_spec(gradient(), Bytes(40, 1))), "run-length"));
}

TEST_F(DicomVariantsTest, RleColourIsRead) {
  const cv::Mat colour = colour_picture();
  std::vector<cv::Mat> planes;
  cv::split(colour, planes);
  std::vector<Bytes> segments;
  for (const cv::Mat& plane : planes) {
    segments.push_back(literal_runs({plane.data, plane.data + plane.total()}));
  }
  DicomSpec spec = rle_spec(colour, rle_frame(segments));
  spec.photometric = "RGB";
  cv::Mat luma;
  cv::cvtColor(colour, luma, cv::COLOR_RGB2GRAY);
  EXPECT_EQ(test::farthest(read(spec, true).image, luma), 0);
}

// ---- Colour

TEST_F(DicomVariantsTest, ColourJpegIsWhatItsMarkerSays) {
  cv::Mat colour;
  cv::resize(colour_picture(), colour, {}, 2, 2);
  cv::Mat bgr, luma;
  cv::cvtColor(colour, bgr, cv::COLOR_RGB2BGR);
  cv::cvtColor(colour, luma, cv::COLOR_RGB2GRAY);
  Bytes jpeg;
  cv::imencode(".jpg", bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, 98});  // YBR, says its JFIF marker
  for (const char* photometric : {"RGB", "YBR_FULL", "YBR_FULL_422"}) {
    const DicomSpec spec{.samples = colour,
                         .photometric = photometric,
                         .syntax = EXS_JPEGProcess1,
                         .codestream = jpeg};
    EXPECT_LE(test::farthest(read(spec, true).image, luma), 4) << photometric;
  }
}

TEST_F(DicomVariantsTest, UncompressedColourWithHalfItsSamplesIsRead) {
  cv::Mat ybr;
  cv::cvtColor(colour_picture(), ybr, cv::COLOR_RGB2YCrCb);
  Bytes raw;
  for (std::size_t i = 0; i < ybr.total(); i += 2) {
    for (const std::size_t at : {3 * i, 3 * i + 3, 3 * i + 2, 3 * i + 1}) {
      raw.push_back(ybr.data[at]);
    }
  }
  const DicomSpec spec{.samples = ybr, .photometric = "YBR_FULL_422", .raw = raw};
  cv::Mat luma;
  cv::extractChannel(ybr, luma, 0);
  EXPECT_EQ(test::farthest(image(spec), luma), 0);
}

TEST_F(DicomVariantsTest, PaletteBecomesLuma) {
  std::vector<std::uint16_t> red, green, blue;
  for (unsigned i = 0; i < 256; ++i) {
    red.push_back(static_cast<std::uint16_t>((255 - i) * 257));
    green.push_back(static_cast<std::uint16_t>(i / 2 * 257));
    blue.push_back(static_cast<std::uint16_t>(i * 257));
  }
  DicomSpec spec{.samples = gradient(), .photometric = "PALETTE COLOR"};
  spec.words = {{"0028,1101", {256, 0, 16}}, {"0028,1102", {256, 0, 16}},
                {"0028,1103", {256, 0, 16}}, {"0028,1201", red},
                {"0028,1202", green},        {"0028,1203", blue}};
  const cv::Mat shown = image(spec);
  for (const int x : {0, 17, 40, 63}) {
    const int i = 4 * x;
    EXPECT_NEAR(shown.at<std::uint8_t>(0, x), 0.299 * (255 - i) + 0.587 * (i / 2) + 0.114 * i, 1);
  }
  spec.words.pop_back();
  EXPECT_TRUE(contains(error_of(spec), "palette"));
}

// ---- Grey values

TEST_F(DicomVariantsTest, TableIsScaledByTheBitsThatItHolds) {
  DicomSpec spec{.samples = gradient()};
  for (const int stated : {8, 12, 16}) {
    for (const int held : {8, 12, 16}) {
      std::vector<std::uint16_t> table;
      for (int i = 0; i < 256; ++i) {
        table.push_back(static_cast<std::uint16_t>(i * ((1 << held) - 1) / 255));
      }
      spec.words = {{"0028,3010/0028,3002", {256, 0, static_cast<std::uint16_t>(stated)}},
                    {"0028,3010/0028,3006", table}};
      EXPECT_LE(test::farthest(image(spec), gradient()), 1)
          << stated << " stated, " << held << " held";
    }
  }
}

TEST_F(DicomVariantsTest, TableOf8BitsMayBePackedIntoWords) {
  DicomSpec spec{.samples = gradient()};
  std::vector<std::uint16_t> table;
  for (int i = 0; i < 256; i += 2) table.push_back(static_cast<std::uint16_t>(i | (i + 1) << 8));
  spec.words = {{"0028,3010/0028,3002", {256, 0, 8}}, {"0028,3010/0028,3006", table}};
  EXPECT_EQ(test::farthest(image(spec), gradient()), 0);
}

TEST_F(DicomVariantsTest, InversePresentationInverts) {
  DicomSpec spec{.samples = gradient(), .texts = {{"2050,0020", "INVERSE"}}};
  EXPECT_EQ(test::farthest(image(spec), 255 - gradient()), 0);
  spec.photometric = "MONOCHROME1";  // as the standard wants it: both say the same
  EXPECT_EQ(test::farthest(image(spec), 255 - gradient()), 0);
  spec = {.samples = gradient(), .texts = {{"2050,0020", "IDENTITY"}}};
  EXPECT_EQ(test::farthest(image(spec), gradient()), 0);
}

TEST_F(DicomVariantsTest, GreyOf32BitsIsRead) {
  cv::Mat deep(48, 64, CV_32SC1);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) deep.at<std::int32_t>(y, x) = 1'000'000'000 + 4'000'000 * x;
  }
  const auto raw = [&] { return Bytes(deep.data, deep.data + deep.total() * 4); };
  DicomSpec spec{.samples = deep, .raw = raw()};
  cv::Mat shown = image(spec);
  for (const int x : {0, 20, 63}) EXPECT_NEAR(shown.at<std::uint8_t>(7, x), x * 255 / 63., 1);
  spec.texts = {{"0028,1050", "500000000"},
                {"0028,1051", "100000000"},
                {"0028,1053", "0.5"},
                {"0028,1052", "0"},
                {"0028,1056", "LINEAR_EXACT"}};
  shown = image(spec);
  EXPECT_EQ(shown.at<std::uint8_t>(7, 0), 128);  // 1,000,000,000 x 0.5
  EXPECT_NEAR(shown.at<std::uint8_t>(7, 20), 230, 1);
  deep = -deep / 1'000'000;  // -1000, -1004, ...
  spec = {.samples = deep, .raw = raw()};
  spec.words = {{"0028,0103", {1}}};
  shown = image(spec);
  for (const int x : {0, 20, 63}) EXPECT_NEAR(shown.at<std::uint8_t>(7, x), 255 - x * 255 / 63., 1);
}

// ---- Structure

TEST_F(DicomVariantsTest, FilesWithoutPreambleAreRead) {
  for (const auto syntax :
       {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit}) {
    const DicomSpec spec{.samples = gradient(CV_16UC1), .syntax = syntax, .has_preamble = false};
    const cv::Mat wanted = image({.samples = gradient(CV_16UC1)});
    EXPECT_EQ(test::farthest(image(spec), wanted), 0) << syntax;
    EXPECT_TRUE(looks_like_image(folder_ / "image")) << syntax;
    EXPECT_EQ(radiograph_size(folder_ / "image"), wanted.size());
  }
  const DicomSpec compressed{.samples = gradient(), .syntax = EXS_JPEGProcess14SV1};
  const auto without_preamble = [](std::string& bytes) { bytes.erase(0, 132); };
  EXPECT_EQ(test::farthest(read_edited(compressed, without_preamble), gradient()), 0);
}

TEST_F(DicomVariantsTest, OtherBinaryFilesAreNotTakenForDicom) {
  for (const std::string& start :
       {"\x08\0\0\0\x04\0\0\0"s, "\x02\0\0\0\x04\0\0\0"s, "\x08\0\x10\0\x20\0\x30\0"s,
        "\0\x08\0\x05\0\0\0\x02"s, "\x08\0\0\0\0\0\0\0"s}) {
    std::string numbers = start;
    for (char i = 0; i < 100; ++i) numbers += std::string(1, i) + "\0\0\0"s;
    std::ofstream(folder_ / "numbers", std::ios::binary) << numbers;
    EXPECT_FALSE(looks_like_image(folder_ / "numbers"));
  }
}

TEST_F(DicomVariantsTest, JunkBehindWholePixelsDoesNoHarm) {
  for (const auto syntax : {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit,
                            EXS_BigEndianExplicit, EXS_RLELossless, EXS_JPEGLSLossless}) {
    const DicomSpec spec{.samples = gradient(), .syntax = syntax};
    for (const std::string& junk : {"x"s, "some more"s, std::string(1000, '\xFF'), "\0\0\0\0"s}) {
      EXPECT_EQ(
          test::farthest(read_edited(spec, [&](std::string& bytes) { bytes += junk; }), gradient()),
          0);
    }
  }
}

TEST_F(DicomVariantsTest, JpegLsInTwoFragmentsIsRead) {
  test::write_dicom(folder_ / "one", {.samples = gradient(), .syntax = EXS_JPEGLSLossless});
  const std::string one = test::read_file(folder_ / "one");
  const std::size_t begin = one.find("\xFF\xD8\xFF");
  const Bytes codestream(one.begin() + static_cast<long>(begin), one.end() - 8);
  for (const int fragments : {2, 3}) {
    const DicomSpec spec{.samples = gradient(),
                         .syntax = EXS_JPEGLSLossless,
                         .codestream = codestream,
                         .fragments = fragments};
    EXPECT_EQ(test::farthest(image(spec), gradient()), 0);
  }
}

TEST_F(DicomVariantsTest, ShallowCodestreamInDeepFormatIsRead) {
  for (const auto syntax : {EXS_JPEGLSLossless, EXS_JPEG2000LosslessOnly}) {
    test::write_dicom(folder_ / "shallow", {.samples = gradient(), .syntax = syntax});
    const std::string file = test::read_file(folder_ / "shallow");
    const std::string start = syntax == EXS_JPEGLSLossless ? "\xFF\xD8\xFF" : "\xFF\x4F\xFF\x51";
    const Bytes codestream(file.begin() + static_cast<long>(file.find(start)), file.end() - 8);
    const DicomSpec spec{.samples = gradient(CV_16UC1),
                         .bits_stored = 8,
                         .syntax = syntax,
                         .codestream = codestream};
    EXPECT_EQ(test::farthest(image(spec), gradient()), 0);
  }
}

// NEMA's MR1_JLSL: a zero makes the length even, before the end marker and not behind it.
TEST_F(DicomVariantsTest, JpegLsPaddedBeforeItsEndIsRead) {
  Bytes codestream = codestream_of(EXS_JPEGLSLossless);
  codestream.insert(codestream.end() - 2, 0);
  const DicomSpec spec{
      .samples = gradient(), .syntax = EXS_JPEGLSLossless, .codestream = codestream};
  EXPECT_EQ(test::farthest(image(spec), gradient()), 0);
}

// NEMA's RG3_JPLY: the white of 10 bits became 1024 in a stream of 12, of which 10 bits are black.
TEST_F(DicomVariantsTest, WhiteThatLossyCompressionOvershootsStaysWhite) {
  cv::Mat samples(48, 64, CV_16UC1);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) {
      samples.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(1016 + (5 * x + 3 * y) % 8);
    }
  }
  test::write_dicom(folder_ / "deep",
                    {.samples = samples, .bits_stored = 12, .syntax = EXS_JPEGLSLossy});
  const std::string file = test::read_file(folder_ / "deep");
  const DicomSpec spec{
      .samples = samples,
      .bits_stored = 10,
      .syntax = EXS_JPEGLSLossy,
      .texts = {{"0028,1050", "512"}, {"0028,1051", "1024"}},
      .codestream =
          Bytes(file.begin() + static_cast<long>(file.find("\xFF\xD8\xFF")), file.end() - 8)};
  EXPECT_LE(test::farthest(image(spec), cv::Mat(samples.size(), CV_8UC1, cv::Scalar(254))), 2);
}

// 14 bits with a sign in a format that says 16: -2000 is not 14384.
TEST_F(DicomVariantsTest, SignOfAShallowCodestreamIsExtended) {
  Bytes codestream = codestream_of(EXS_JPEG2000LosslessOnly);
  codestream[42] |= 0x80;  // Ssiz of the first component
  cv::Mat samples;
  gradient().convertTo(samples, CV_16S, 1, -128);
  const DicomSpec wanted{.samples = samples};
  const DicomSpec spec{
      .samples = samples, .syntax = EXS_JPEG2000LosslessOnly, .codestream = codestream};
  EXPECT_EQ(test::farthest(image(spec), image(wanted)), 0);
}

TEST_F(DicomVariantsTest, FramesInFragmentsWithoutOffsetTableAreToldApart) {
  for (const auto syntax : {EXS_JPEGProcess14SV1, EXS_JPEGLSLossless, EXS_JPEG2000LosslessOnly}) {
    Bytes frames = codestream_of(syntax);
    while (frames.size() % 6 != 0) frames.push_back(0);
    frames.insert(frames.end(), frames.begin(), frames.end());
    cv::Mat both;
    cv::vconcat(gradient(), gradient(), both);
    const DicomSpec spec{
        .samples = both, .frames = 2, .syntax = syntax, .codestream = frames, .fragments = 6};
    EXPECT_EQ(test::farthest(read(spec, true).image, gradient()), 0) << syntax;
  }
}

TEST_F(DicomVariantsTest, ElementsInAnotherEncodingThanStatedAreRead) {
  const auto set_of = [&](E_TransferSyntax syntax) {
    test::write_dicom(folder_ / "set",
                      {.samples = gradient(CV_16UC1), .syntax = syntax, .has_preamble = false});
    return test::read_file(folder_ / "set");
  };
  const cv::Mat wanted = image({.samples = gradient(CV_16UC1)});
  const auto syntaxes = {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit};
  for (const auto stated : syntaxes) {
    for (const auto real : syntaxes) {
      test::write_dicom(folder_ / "stated", {.samples = gradient(), .syntax = stated});
      const std::string header = meta_header(test::read_file(folder_ / "stated"));
      std::ofstream(folder_ / "mixed", std::ios::binary) << header << set_of(real);
      EXPECT_EQ(test::farthest(read_radiograph(folder_ / "mixed").image, wanted), 0)
          << stated << " stated, " << real << " real";
    }
  }
}

TEST_F(DicomVariantsTest, ColourOf32BitsIsRead) {
  const cv::Mat colour = colour_picture();
  cv::Mat luma;
  cv::cvtColor(colour, luma, cv::COLOR_RGB2GRAY);
  Bytes raw;
  for (std::size_t i = 0; i < colour.total() * 3; ++i) raw.insert(raw.end(), 4, colour.data[i]);
  const DicomSpec spec{
      .samples = cv::Mat(colour.size(), CV_32SC3), .photometric = "RGB", .raw = raw};
  EXPECT_LE(test::farthest(read(spec, true).image, luma), 1);
}

TEST_F(DicomVariantsTest, FirstOfSeveralCompressedFramesIsRead) {
  cv::Mat frames;
  cv::vconcat(gradient(), 255 - gradient(), frames);
  for (const auto syntax : {EXS_RLELossless, EXS_JPEGProcess14SV1, EXS_LittleEndianExplicit}) {
    const DicomSpec spec{.samples = frames, .frames = 2, .syntax = syntax};
    EXPECT_EQ(test::farthest(read(spec, true).image, gradient()), 0) << syntax;
  }
}

TEST_F(DicomVariantsTest, WhatHasNoImageIsSkippedEvenIfForced) {
  for (const char* modality : {"SR", "KO", "PR", "DX", ""}) {
    DicomSpec spec{.samples = gradient(), .texts = {{"0008,0060", modality}}};
    spec.has_image = false;
    EXPECT_TRUE(contains(error_of<SkippedError>(spec), "without an image")) << modality;
    EXPECT_TRUE(contains(error_of<SkippedError>(spec, true), "without an image")) << modality;
  }
}

// An export of CT in HTJ2K, which DCMTK 3.6.7 does not know, is still one of CT.
TEST_F(DicomVariantsTest, UnknownTransferSyntaxesAreErrorsOnlyOfFilms) {
  const auto read_unknown = [&](const char* modality) {
    const DicomSpec spec{.samples = gradient(), .texts = {{"0008,0060", modality}}};
    read_edited(spec, [](std::string& bytes) {
      const std::string syntax = "1.2.840.10008.1.2.1";
      bytes[bytes.find(syntax) + syntax.size() - 1] = '9';
    });
  };
  EXPECT_THROW(read_unknown("CT"), SkippedError);
  try {
    read_unknown("DX");
    ADD_FAILURE() << "is read";
  } catch (const Error& error) {
    EXPECT_TRUE(contains(error.what(), "transfer syntax that is not read")) << error.what();
  }
}

// A name may stand where a modality should; only words of ours are told.
// dcm4che has a report that DCMTK cannot parse, pydicom a truncated plan: no film is lost by
// either.
TEST_F(DicomVariantsTest, DamagedFilesThatStateToHaveNoImageAreSkipped) {
  const auto read_cut = [&](const char* sop_class) {
    DicomSpec spec{.samples = gradient(), .has_image = false};
    spec.texts = {{"0008,0016", sop_class}};
    read_edited(spec, [](std::string& bytes) { bytes.resize(bytes.size() - 1); });
  };
  for (const char* report_or_plan :
       {"1.2.840.10008.5.1.4.1.1.88.3", "1.2.840.10008.5.1.4.1.1.481.5"}) {
    EXPECT_THROW(read_cut(report_or_plan), SkippedError) << report_or_plan;
  }
  for (const char* film_or_unknown : {"1.2.840.10008.5.1.4.1.1.1", "1.2.3"}) {
    try {
      read_cut(film_or_unknown);
      ADD_FAILURE() << film_or_unknown;
    } catch (const SkippedError&) {
      ADD_FAILURE() << film_or_unknown << " is skipped";
    } catch (const Error& error) {
      EXPECT_TRUE(contains(error.what(), "damaged or incomplete"));
    }
  }
}

TEST_F(DicomVariantsTest, NoTextOfTheFileReachesAnError) {
  for (const char* tag : {"0008,0060", "0018,0015", "0008,103E", "0008,1030", "0018,1030"}) {
    for (const char* text : {"SECRET^PATIENT", "KNEE SECRET"}) {
      DicomSpec spec{.samples = gradient(), .texts = {{tag, text}}};
      EXPECT_FALSE(contains(error_of(spec), "SECRET")) << tag;
    }
  }
  DicomSpec spec{.samples = gradient(), .texts = {{"0008,0060", "SECRET^PATIENT"}}};
  EXPECT_TRUE(contains(error_of<SkippedError>(spec), "its modality is none of radiography"));
}

// ---- Damage and hostility

TEST_F(DicomVariantsTest, DeeplyNestedSequencesAreAnError) {
  const std::string item = "\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF"s;
  const std::string sequence = "\x08\x00\x40\x11SQ\x00\x00\xFF\xFF\xFF\xFF"s;
  for (const int depth : {5'000, 200'000}) {
    EXPECT_THROW(read_edited({.samples = gradient()},
                             [&](std::string& bytes) {
                               // Before the study's description, 0008,1030, and so in order.
                               const std::size_t place = bytes.find("\x10\x00\x10\x00PN"s);
                               std::string nested;
                               for (int i = 0; i < depth; ++i) nested += sequence + item;
                               bytes.insert(place, nested);
                             }),
                 Error);
  }
}

/// The most memory that this process has had, in MiB.
long peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

std::string deflated(const std::vector<std::string>& parts) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string result, buffer(1 << 20, 0);
  for (std::size_t i = 0; i <= parts.size(); ++i) {
    std::string part = i < parts.size() ? parts[i] : "";
    stream.next_in = reinterpret_cast<Bytef*>(part.data());
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      deflate(&stream, i < parts.size() ? Z_NO_FLUSH : Z_FINISH);
      result.append(buffer, 0, buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return result;
}

/// A private element, with 400 MB of zeros.
std::vector<std::string> zeros(const std::string& tag) {
  std::vector<std::string> parts(101, std::string(4'000'000, 0));
  parts.front() = tag + "OB\0\0"s + "\x00\x84\xD7\x17"s;  // 400,000,000
  return parts;
}

TEST_F(DicomVariantsTest, DeflatedBombIsInflatedNoFartherThanThePixels) {
  test::write_dicom(folder_ / "set", {.samples = gradient(), .has_preamble = false});
  test::write_dicom(folder_ / "deflated",
                    {.samples = gradient(), .syntax = EXS_DeflatedLittleEndianExplicit});
  const std::string set = test::read_file(folder_ / "set");
  const std::string header = meta_header(test::read_file(folder_ / "deflated"));
  const std::size_t pixels = set.find("\xE0\x7F\x10\x00"s);
  const auto write = [&](std::vector<std::string> parts) {
    std::ofstream(folder_ / "bomb", std::ios::binary) << header << deflated(parts);
    return folder_ / "bomb";
  };
  std::vector<std::string> behind = zeros("\xE1\x7F\x10\x10"s), before = zeros("\x09\0\x10\x10"s);
  behind.insert(behind.begin(), set);
  before.insert(before.begin(), set.substr(0, pixels));
  before.push_back(set.substr(pixels));
  write(behind);
  const long peak = peak_mebibytes();
  EXPECT_EQ(test::farthest(read_radiograph(folder_ / "bomb").image, gradient()), 0);
  write(before);
  EXPECT_THROW(read_radiograph(folder_ / "bomb"), Error);
  EXPECT_LE(peak_mebibytes() - peak, 150);
}

// Each element becomes an object of some 100 bytes.
TEST_F(DicomVariantsTest, MillionsOfElementsAreAnError) {
  std::string items;
  for (int i = 0; i < 4'000'000; ++i) items += "\xFE\xFF\x00\xE0\0\0\0\0"s;
  const long peak = peak_mebibytes();
  EXPECT_THROW(read_edited({.samples = gradient()},
                           [&](std::string& bytes) {
                             bytes.insert(bytes.find("\x10\x00\x10\x00PN"s),
                                          "\x08\x00\x40\x11SQ\0\0\xFF\xFF\xFF\xFF"s + items);
                           }),
               Error);
  EXPECT_LE(peak_mebibytes() - peak, 450);
}

/// The most memory that the process had reserved, in MiB.
long peak_of_reserved_memory() {
  std::ifstream stream("/proc/self/status");
  for (std::string word; stream >> word;) {
    long kibibytes = 0;
    if (word == "VmPeak:" && stream >> kibibytes) return kibibytes / 1024;
  }
  return 0;
}

TEST_F(DicomVariantsTest, AValueIsTakenMemoryForOnlyIfTheFileHoldsIt) {
  const std::string longs(70'000, 'x');
  DicomSpec spec{.samples = gradient()};
  spec.unknown = {{"0009,1010", longs}};
  EXPECT_EQ(test::farthest(image(spec), gradient()), 0);
  const long before = peak_of_reserved_memory();
  const auto state_more = [&](std::string& bytes) {
    const std::size_t value = bytes.find(longs);
    bytes.replace(value - 4, 4, "\xF0\xFF\xFF\x7F");
  };
  EXPECT_THROW(read_edited(spec, state_more), Error);
  const auto state_long_sop_class = [](std::string& bytes) {
    using namespace std::string_literals;
    const std::size_t element = bytes.find("\x08\0\x16\0UI"s);
    bytes.replace(element, 8, "\x08\0\x16\0UN\0\0\xF0\xFF\xFF\x7F"s);
  };
  EXPECT_THROW(read_edited({.samples = gradient()}, state_long_sop_class), Error);
  EXPECT_LT(peak_of_reserved_memory() - before, 500);
}

TEST_F(DicomVariantsTest, MillionsOfFragmentsTakeNoMemory) {
  const std::string empty = "\xFE\xFF\x00\xE0\0\0\0\0"s, end = "\xFE\xFF\xDD\xE0\0\0\0\0"s;
  std::string items;
  for (int i = 0; i < 3'000'000; ++i) items += empty;
  const DicomSpec spec{.samples = gradient(), .syntax = EXS_JPEGLSLossless};
  const long peak = peak_mebibytes();
  const cv::Mat shown =
      read_edited(spec, [&](std::string& bytes) { bytes.insert(bytes.rfind(end), items); });
  EXPECT_EQ(test::farthest(shown, gradient()), 0);
  EXPECT_LE(peak_mebibytes() - peak, 150);
}

TEST_F(DicomVariantsTest, OnlyTheDeclaredCodecIsTried) {
  Bytes png, tiff, jpeg;
  cv::imencode(".png", gradient(), png);
  cv::imencode(".tiff", gradient(), tiff);
  cv::imencode(".jpg", gradient(), jpeg);
  for (const Bytes& bytes : {png, tiff, jpeg}) {
    EXPECT_TRUE(
        contains(error_of({.samples = gradient(), .syntax = EXS_JPEG2000, .codestream = bytes}),
                 "cannot be decoded"));
  }
  for (const Bytes& bytes : {png, tiff}) {
    EXPECT_TRUE(
        contains(error_of({.samples = gradient(), .syntax = EXS_JPEGProcess1, .codestream = bytes}),
                 "cannot be decoded"));
  }
}

// The codestream's own size decides how much memory a decoder takes.
TEST_F(DicomVariantsTest, CodestreamsOfAnotherSizeAreErrors) {
  for (const auto syntax : {EXS_JPEGProcess14SV1, EXS_JPEGLSLossless, EXS_JPEG2000LosslessOnly}) {
    test::write_dicom(folder_ / "small", {.samples = gradient(), .syntax = syntax});
    const std::string file = test::read_file(folder_ / "small");
    const std::string start = syntax == EXS_JPEG2000LosslessOnly ? "\xFF\x4F\xFF" : "\xFF\xD8\xFF";
    const Bytes codestream(file.begin() + static_cast<long>(file.find(start)), file.end() - 8);
    const DicomSpec spec{
        .samples = gradient(CV_8UC1, {80, 80}), .syntax = syntax, .codestream = codestream};
    EXPECT_TRUE(contains(error_of(spec), "cannot be decoded")) << syntax;
  }
}

}  // namespace
}  // namespace cxr
