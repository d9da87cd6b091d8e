#include "jpeg_header.h"

#include <algorithm>

#include "tiff_tags.h"

namespace cxr {
namespace {

constexpr std::uint32_t kEndOfImage = 0xD9, kStartOfScan = 0xDA, kApp0 = 0xE0, kApp1 = 0xE1,
                        kApp14 = 0xEE;

/// Each scan goes over all pixels: a small file of thousands takes minutes. Encoders write 10.
constexpr std::int64_t kMaxScans = 500;
constexpr std::int64_t kManyScans = 10;
constexpr std::int64_t kMaxScannedPixels = 1'000'000'000;

bool starts_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool is_lossless(std::uint32_t frame) { return frame % 4 == 3; }

bool has_no_segment(std::uint32_t marker) {
  return marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/// What segments say of the colours, the strongest first.
struct ColourEvidence {
  JpegColours adobe = JpegColours::unknown, jfif = JpegColours::unknown;
  JpegColours names = JpegColours::unknown;

  JpegColours verdict() const {
    for (const JpegColours said : {adobe, names, jfif}) {
      if (said != JpegColours::unknown) return said;
    }
    return JpegColours::unknown;
  }
};

/// Reads headers from marker to marker. Segments are stepped over by their length, so that an
/// embedded thumbnail's markers do not count; in the compressed data a 0xFF is stuffed (followed by
/// 0) or begins the next marker.
class JpegWalk {
 public:
  explicit JpegWalk(const ByteReader& bytes) : bytes_(bytes) {}

  ImageHeader walk() {
    std::size_t at = 2;
    while ((at = bytes_.find(0xFF, at)) < bytes_.size()) {
      while (bytes_.u8(at) == 0xFF) ++at;
      const std::uint32_t marker = bytes_.u8(at++);
      if (marker == kEndOfImage) {
        header_.complete = true;
        break;
      }
      if (has_no_segment(marker)) continue;
      visit(marker, at);
      at += std::max(bytes_.big(at, 2), 2U);
    }
    if (!is_lossless_) header_.colours = colours_.verdict();
    header_.is_costly =
        scans_ > kMaxScans ||
        (scans_ > kManyScans && scans_ * header_.width * header_.height > kMaxScannedPixels);
    return header_;
  }

 private:
  /// `segment` is where its length stands.
  void visit(std::uint32_t marker, std::size_t segment) {
    if (marker == kStartOfScan) ++scans_;
    if (starts_frame(marker) && header_.width == 0) {
      header_.height = bytes_.big(segment + 3, 2);
      header_.width = bytes_.big(segment + 5, 2);
      header_.bytes_per_pixel = bytes_.u8(segment + 7);
      is_lossless_ = is_lossless(marker);
      const bool is_rgb = bytes_.u8(segment + 8) == 'R' && bytes_.u8(segment + 11) == 'G' &&
                          bytes_.u8(segment + 14) == 'B';
      if (is_rgb) colours_.names = JpegColours::rgb;
    }
    if (marker == kApp0 && bytes_.has(segment + 2, "JFIF")) colours_.jfif = JpegColours::ybr;
    if (marker == kApp14 && bytes_.has(segment + 2, "Adobe")) {
      colours_.adobe = bytes_.u8(segment + 13) == 0 ? JpegColours::rgb : JpegColours::ybr;
    }
    // EXIF, behind six bytes. OpenCV, too, looks for it in the first such segment only.
    if (marker == kApp1 && !has_exif_) {
      has_exif_ = true;
      header_.transposed = is_transposed(bytes_, segment + 8);
    }
  }

  const ByteReader& bytes_;
  ImageHeader header_{.format = ImageFormat::jpeg, .complete = false};
  ColourEvidence colours_;
  std::int64_t scans_ = 0;
  bool has_exif_ = false;
  bool is_lossless_ = false;
};

}  // namespace

ImageHeader jpeg_header(const ByteReader& bytes) { return JpegWalk(bytes).walk(); }

}  // namespace cxr
