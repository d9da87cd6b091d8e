#include "image_header.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "byte_reader.h"
#include "jpeg_header.h"
#include "tiff_tags.h"

namespace cxr {
namespace {

bool is_bmp(const ByteReader& bytes) {
  // "BM" alone would take many a text for a picture, so the second header's size counts too.
  static constexpr std::uint32_t kHeaderSizes[] = {12, 40, 52, 56, 64, 108, 124};
  return bytes.has(0, "BM") && std::ranges::count(kHeaderSizes, bytes.little(14, 4)) > 0;
}

ImageHeader png_header(const ByteReader& bytes) {
  ImageHeader header{.format = ImageFormat::png, .complete = false};
  if (!bytes.has(12, "IHDR")) return header;
  header.width = bytes.big(16, 4);
  header.height = bytes.big(20, 4);
  static constexpr std::array kSamples = {1, 0, 3, 4,
                                          2, 0, 4};  // by colour type; a palette's: RGBA
  const std::uint32_t colour_type = std::min(bytes.u8(25), 6U);
  header.bytes_per_pixel = std::int64_t{kSamples[colour_type]} * (bytes.u8(24) > 8 ? 2 : 1);
  std::size_t chunk = 8;
  while (chunk + 12 <= bytes.size() && !header.complete) {
    const std::size_t length = bytes.big(chunk, 4);
    if (length > bytes.size() - chunk - 12) break;
    if (bytes.crc32(chunk + 4, 4 + length) != bytes.big(chunk + 8 + length, 4)) break;
    header.complete = bytes.has(chunk + 4, "IEND");
    chunk += 12 + length;
  }
  return header;
}

/// Colour, transparency and a few more. OpenCV takes memory for all of them.
constexpr std::int64_t kMaxTiffSamples = 8;
/// How far a tile may reach over the image. OpenCV takes memory for a whole one.
constexpr std::int64_t kMaxTileMargin = 1024;

ImageHeader tiff_header(const ByteReader& bytes) {
  static constexpr std::uint32_t kWidth = 256, kHeight = 257, kPhotometric = 262,
                                 kSamplesPerPixel = 277, kTileWidth = 322, kTileHeight = 323;
  std::int64_t samples = 1, tile_width = 0, tile_height = 0;
  ImageHeader header{
      .format = ImageFormat::tiff, .bytes_per_pixel = 16, .transposed = is_transposed(bytes, 0)};
  for_each_tiff_tag(bytes, 0, [&](std::uint32_t tag, std::uint32_t value) {
    if (tag == kWidth && header.width == 0) header.width = value;
    if (tag == kHeight && header.height == 0) header.height = value;
    if (tag == kPhotometric) header.white_is_zero = value == 0;
    if (tag == kSamplesPerPixel) samples = value;
    if (tag == kTileWidth) tile_width = value;
    if (tag == kTileHeight) tile_height = value;
  });
  header.is_costly = samples > kMaxTiffSamples || tile_width > header.width + kMaxTileMargin ||
                     tile_height > header.height + kMaxTileMargin;
  return header;
}

ImageHeader bmp_header(const ByteReader& bytes) {
  const auto length = [&](std::size_t at) {  // a negative height: rows from top to bottom
    return std::abs(std::int64_t{static_cast<std::int32_t>(bytes.little(at, 4))});
  };
  if (bytes.little(14, 4) == 12) {
    return {
        .format = ImageFormat::bmp, .width = bytes.little(18, 2), .height = bytes.little(20, 2)};
  }
  return {.format = ImageFormat::bmp, .width = length(18), .height = length(22)};
}

ImageHeader webp_header(const ByteReader& bytes) {
  ImageHeader header{.format = ImageFormat::webp};
  header.complete = std::size_t{8} + bytes.little(4, 4) <= bytes.size();
  if (bytes.has(12, "VP8X")) {
    header.width = 1 + bytes.little(24, 3);
    header.height = 1 + bytes.little(27, 3);
  } else if (bytes.has(12, "VP8L")) {
    const std::uint32_t sides = bytes.little(21, 4);
    header.width = 1 + (sides & 0x3FFF);
    header.height = 1 + (sides >> 14 & 0x3FFF);
  } else if (bytes.has(12, "VP8 ")) {
    header.width = bytes.little(26, 2) & 0x3FFF;
    header.height = bytes.little(28, 2) & 0x3FFF;
  }
  return header;
}

}  // namespace

std::optional<ImageFormat> image_format(std::span<const std::uint8_t> file) noexcept {
  using namespace std::string_view_literals;
  const ByteReader bytes(file);
  if (bytes.has(0, "\x89PNG\r\n\x1a\n")) return ImageFormat::png;
  if (bytes.has(0, "\xFF\xD8\xFF")) return ImageFormat::jpeg;
  if (bytes.has(0, "II*\0"sv) || bytes.has(0, "MM\0*"sv)) return ImageFormat::tiff;
  if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) return ImageFormat::webp;
  if (is_bmp(bytes)) return ImageFormat::bmp;
  return std::nullopt;
}

std::optional<ImageHeader> parse_image_header(std::span<const std::uint8_t> file) noexcept {
  const std::optional<ImageFormat> format = image_format(file);
  if (!format) return std::nullopt;
  const ByteReader bytes(file);
  switch (*format) {
    case ImageFormat::png:
      return png_header(bytes);
    case ImageFormat::jpeg:
      return jpeg_header(bytes);
    case ImageFormat::tiff:
      return tiff_header(bytes);
    case ImageFormat::bmp:
      return bmp_header(bytes);
    case ImageFormat::webp:
      return webp_header(bytes);
  }
  return std::nullopt;
}

}  // namespace cxr
