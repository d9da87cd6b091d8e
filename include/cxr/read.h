#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace cxr {

/// The largest image that is decoded, in pixels (10,000 x 10,000). A larger one is refused by its
/// header, before any memory is taken for it.
inline constexpr std::int64_t kMaxPixels = 100'000'000;

/// The smallest side of an image, in pixels, that can hold a radiograph.
inline constexpr int kMinSide = 32;

struct ReadOptions {
  std::int64_t max_pixels = kMaxPixels;
  bool force = false;  ///< read a DICOM image that is no frontal radiograph, too
};

struct Radiograph {
  cv::Mat image;  ///< CV_8UC1
  /// What was done to bring it upright and square, one line each; empty if nothing was.
  std::vector<std::string> notes = {};
};

/// Reads a DICOM, PNG, JPEG, TIFF, BMP or WebP file, recognised by content, as a radiograph.
///
/// The image has the file's own size, but for DICOM that is turned or stretched (see notes).
/// - DICOM, with or without preamble: uncompressed, deflated, RLE, JPEG, JPEG lossless, JPEG-LS and
///   JPEG 2000; grey, RGB, YBR and palettes. Stored values go through modality LUT or rescale, the
///   first VOI LUT or window, and last the inversion of MONOCHROME1 or an INVERSE presentation;
///   where there is neither table nor window, values of more than 8 bits are scaled as those of
///   other formats are. The film is brought upright (Patient Orientation), its pixels square.
/// - Colour becomes luma (ITU-R BT.601); transparent pixels become black.
/// - 16-bit samples are scaled linearly so that the darkest sample becomes 0 and the brightest 255
///   (a 12-bit picture in a 16-bit file keeps all its contrast); 8-bit samples are left as they
///   are.
/// - The orientation that a JPEG (in EXIF) or a TIFF states is applied.
/// - Of a file with several pages the first is read; so is, if forced, of several DICOM frames.
///
/// A PNG with any damage and a JPEG that breaks off are errors; damage in the middle of a JPEG,
/// TIFF or BMP, which have no checksums, can go unnoticed. Memory is bounded for all threads
/// together: large files wait for one another. Decoding runs on a thread of its own, whose standard
/// error goes nowhere: the decoders' messages reach no terminal.
///
/// Throws Error, naming the file, if it cannot be opened, is empty, is none of these formats, is
/// damaged or incomplete, would take far more time or memory than its size allows, has more than
/// `max_pixels` pixels or a side shorter than kMinSide; and SkippedError for DICOM without an
/// image, and, unless forced, DICOM that states that it is no frontal chest radiograph: another
/// modality, body part or projection, several frames; or is a picture in colour. Their messages
/// repeat no text of a DICOM file.
Radiograph read_radiograph(const std::filesystem::path& file, const ReadOptions& options = {});

/// The size of what read_radiograph() would return, found without decoding the file. Throws Error
/// as it does, except for damage that only decoding shows.
cv::Size radiograph_size(const std::filesystem::path& file);

/// The identifiers by which an archive finds a DICOM object (PS3.3, C.12.1, C.7.2.1 and C.7.3.1).
struct DicomUids {
  std::string study, series, instance;
};

/// The identifiers of a DICOM file; empty where it has none or is not DICOM. Meant for files that
/// read_radiograph() has read or skipped. Never throws.
DicomUids read_dicom_uids(const std::filesystem::path& file) noexcept;

/// Whether a file should be taken for an image when a folder is listed: its name ends like one, or
/// its first bytes are those of one. Never throws.
bool looks_like_image(const std::filesystem::path& file) noexcept;

}  // namespace cxr
