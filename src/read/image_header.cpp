#include "image_header.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace cxr {
namespace {

/// A file's bytes. Past the end there are only zeros: no length or offset in a damaged file can
/// lead out of bounds, and a size that is not there reads as 0.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  std::uint32_t u8(std::size_t at) const { return at < bytes_.size() ? bytes_[at] : 0; }

  std::uint32_t big(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | u8(at + i);
    return value;
  }
  std::uint32_t little(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | u8(at + i);
    return value;
  }
  bool has(std::size_t at, std::string_view text) const {
    return at + text.size() <= bytes_.size() &&
           std::equal(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
  }
  /// The checksum of `count` bytes; 0 where there are fewer.
  std::uint32_t crc32(std::size_t at, std::size_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) return 0;
    return static_cast<std::uint32_t>(::crc32_z(0, bytes_.data() + at, count));
  }
  /// Where `value` next occurs, from `at` on; size() where it does not.
  std::size_t find(std::uint8_t value, std::size_t at) const {
    if (at >= bytes_.size()) return bytes_.size();
    const auto start = bytes_.begin() + static_cast<std::ptrdiff_t>(at);
    return static_cast<std::size_t>(std::find(start, bytes_.end(), value) - bytes_.begin());
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

bool is_bmp(const Bytes& bytes) {
  // "BM" alone would take many a text for a picture, so the second header's size counts too.
  static constexpr std::uint32_t kHeaderSizes[] = {12, 40, 52, 56, 64, 108, 124};
  return bytes.has(0, "BM") && std::ranges::count(kHeaderSizes, bytes.little(14, 4)) > 0;
}

ImageHeader png_header(const Bytes& bytes) {
  ImageHeader header{.format = ImageFormat::png, .complete = false};
  if (!bytes.has(12, "IHDR")) return header;
  header.width = bytes.big(16, 4);
  header.height = bytes.big(20, 4);
  for (std::size_t chunk = 8; chunk + 12 <= bytes.size(); chunk += 12 + bytes.big(chunk, 4)) {
    const std::size_t length = bytes.big(chunk, 4);
    if (bytes.crc32(chunk + 4, 4 + length) != bytes.big(chunk + 8 + length, 4)) break;
    if (bytes.has(chunk + 4, "IEND")) header.complete = true;
  }
  return header;
}

/// Calls `visit(tag, value)` for each entry of the first directory of a TIFF that begins at
/// `start`.
template <typename Visit>
void for_each_tiff_tag(const Bytes& bytes, std::size_t start, const Visit& visit) {
  const bool big_endian = bytes.has(start, "MM");
  const auto number = [&](std::size_t at, std::size_t count) {
    return big_endian ? bytes.big(at, count) : bytes.little(at, count);
  };
  const auto value = [&](std::size_t entry) -> std::uint32_t {
    static constexpr std::size_t kSizes[] = {0, 1, 0, 2, 4};  // BYTE, SHORT, LONG
    const std::uint32_t type = number(entry + 2, 2);
    return type < std::size(kSizes) ? number(entry + 8, kSizes[type]) : 0;
  };
  const std::size_t directory = start + number(start + 4, 4);
  const std::size_t entries = number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    visit(number(entry, 2), value(entry));
  }
}

/// Whether the orientation of a TIFF, or of EXIF, which is one, turns the image by a quarter.
bool is_transposed(const Bytes& bytes, std::size_t start) {
  static constexpr std::uint32_t kOrientation = 274;
  bool transposed = false;
  for_each_tiff_tag(bytes, start, [&](std::uint32_t tag, std::uint32_t value) {
    if (tag == kOrientation) transposed = value >= 5 && value <= 8;
  });
  return transposed;
}

/// Walks from marker to marker. Segments are stepped over by their length, so that an embedded
/// thumbnail's markers do not count; in the compressed data a 0xFF is stuffed (followed by 0) or
/// begins the next marker.
ImageHeader jpeg_header(const Bytes& bytes) {
  ImageHeader header{.format = ImageFormat::jpeg, .complete = false};
  bool has_exif = false;
  std::size_t at = 2;
  while ((at = bytes.find(0xFF, at)) < bytes.size()) {
    while (bytes.u8(at) == 0xFF) ++at;
    const std::uint32_t marker = bytes.u8(at++);
    const bool start_of_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (marker == 0xD9) {
      header.complete = true;
      break;
    }
    if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue;  // without a segment
    if (start_of_frame && header.width == 0) {
      header.height = bytes.big(at + 3, 2);
      header.width = bytes.big(at + 5, 2);
    }
    // EXIF, behind six bytes. OpenCV, too, looks for it in the first such segment only.
    if (marker == 0xE1 && !std::exchange(has_exif, true)) {
      header.transposed = is_transposed(bytes, at + 8);
    }
    at += std::max(bytes.big(at, 2), 2U);
  }
  return header;
}

ImageHeader tiff_header(const Bytes& bytes) {
  static constexpr std::uint32_t kWidth = 256, kHeight = 257, kPhotometric = 262;
  ImageHeader header{.format = ImageFormat::tiff, .transposed = is_transposed(bytes, 0)};
  for_each_tiff_tag(bytes, 0, [&](std::uint32_t tag, std::uint32_t value) {
    if (tag == kWidth && header.width == 0) header.width = value;
    if (tag == kHeight && header.height == 0) header.height = value;
    if (tag == kPhotometric) header.white_is_zero = value == 0;
  });
  return header;
}

ImageHeader bmp_header(const Bytes& bytes) {
  const auto length = [&](std::size_t at) {  // a negative height: rows from top to bottom
    return std::abs(std::int64_t{static_cast<std::int32_t>(bytes.little(at, 4))});
  };
  if (bytes.little(14, 4) == 12) {
    return {
        .format = ImageFormat::bmp, .width = bytes.little(18, 2), .height = bytes.little(20, 2)};
  }
  return {.format = ImageFormat::bmp, .width = length(18), .height = length(22)};
}

ImageHeader webp_header(const Bytes& bytes) {
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
  const Bytes bytes(file);
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
  const Bytes bytes(file);
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
