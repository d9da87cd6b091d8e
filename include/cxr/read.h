#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>

namespace cxr {

/// The largest image that is decoded, in pixels (10,000 x 10,000). A larger one is refused by its
/// header, before any memory is taken for it.
inline constexpr std::int64_t kMaxPixels = 100'000'000;

/// The smallest side of an image, in pixels, that can hold a radiograph.
inline constexpr int kMinSide = 32;

/// Reads a PNG, JPEG, TIFF, BMP or WebP file, recognised by content, as a radiograph.
///
/// Returns CV_8UC1 at the file's own size.
/// - Colour becomes luma (ITU-R BT.601); transparent pixels lie on black.
/// - 16-bit samples are scaled linearly so that the darkest sample becomes 0 and the brightest 255
///   (a 12-bit picture in a 16-bit file keeps all its contrast); 8-bit samples are left as they
///   are.
/// - The orientation that a JPEG (in EXIF) or a TIFF states is applied.
/// - Of a file with several pages the first is read.
///
/// A PNG with any damage and a JPEG that breaks off are errors; damage in the middle of a JPEG,
/// TIFF or BMP, which carry no checksums, may pass unseen.
///
/// Throws Error, naming the file, when it cannot be opened, is empty, is none of these formats, is
/// damaged or incomplete, has more than `max_pixels` pixels or a side shorter than kMinSide.
cv::Mat read_radiograph(const std::filesystem::path& file, std::int64_t max_pixels = kMaxPixels);

/// The size of what read_radiograph() would return, found without decoding the file. Throws Error
/// as it does, except for damage that only decoding shows.
cv::Size radiograph_size(const std::filesystem::path& file);

/// Whether a file should be taken for an image when a folder is listed: its name ends like one, or
/// its first bytes are those of one. Never throws.
bool looks_like_image(const std::filesystem::path& file) noexcept;

}  // namespace cxr
