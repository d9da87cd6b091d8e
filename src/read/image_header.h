#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace cxr {

/// What the three components of a JPEG are, by its marker of Adobe, their names, or its marker of
/// JFIF. Lossless JPEG has no colour transformation and says nothing.
enum class JpegColours { unknown, rgb, ybr };

enum class ImageFormat { png, jpeg, tiff, bmp, webp };

/// How many bytes of a file image_format() looks at.
inline constexpr std::size_t kImageMagicBytes = 18;

/// What an image file says of itself, read without decoding it and so without taking memory.
struct ImageHeader {
  ImageFormat format = ImageFormat::png;
  std::int64_t width = 0;   ///< pixels; 0 where the header is damaged
  std::int64_t height = 0;  ///< pixels; 0 where the header is damaged
  /// PNG, JPEG, WebP: whether the file goes on to its end marker, and the chunks of a PNG have the
  /// checksums they state. TIFF, BMP: always true, as
  /// OpenCV finds missing pixels of these itself.
  bool complete = true;
  std::int64_t bytes_per_pixel = 4;  ///< decoded; where the format has several kinds, the most
  bool white_is_zero = false;        ///< TIFF: small values are bright
  bool transposed = false;           ///< JPEG, TIFF: shown turned by a quarter, width as height
  /// Decoding takes minutes or gigabytes for its size: a JPEG of thousands of scans, a TIFF with
  /// tiles far larger than its image.
  bool is_costly = false;
  JpegColours colours = JpegColours::unknown;  ///< JPEG of three components
};

/// The format of a file by its first bytes; none where it is no image.
std::optional<ImageFormat> image_format(std::span<const std::uint8_t> bytes) noexcept;

/// Reads the header of a whole image file; none where it is no image. Never reads out of bounds,
/// whatever the bytes say.
std::optional<ImageHeader> parse_image_header(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace cxr
