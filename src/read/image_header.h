#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace cxr {

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
  bool white_is_zero = false;  ///< TIFF: small values are bright
  bool transposed = false;     ///< JPEG, TIFF: shown turned by a quarter, width as height
};

/// The format of a file by its first bytes; none where it is no image.
std::optional<ImageFormat> image_format(std::span<const std::uint8_t> bytes) noexcept;

/// Reads the header of a whole image file; none where it is no image. Never reads out of bounds,
/// whatever the bytes say.
std::optional<ImageHeader> parse_image_header(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace cxr
