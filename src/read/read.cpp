#include "cxr/read.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "cxr/error.h"
#include "dicom.h"
#include "file_bytes.h"
#include "image_extension.h"
#include "image_header.h"
#include "memory_budget.h"
#include "png_chunks.h"
#include "quiet.h"
#include "read_here.h"
#include "reading_processes.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error("read", file.string(), what);
}

void check_size(const cv::Size2l& size, const fs::path& file, std::int64_t max_pixels) {
  const std::string told =
      "is " + std::to_string(size.width) + " x " + std::to_string(size.height) + " pixels";
  if (std::min(size.width, size.height) < kMinSide) {
    fail(file, told + ", too small for a radiograph: each side needs " + std::to_string(kMinSide));
  }
  if (size.width > max_pixels / size.height) {
    fail(file, told + ", more than " + std::to_string(max_pixels) + " in all; scale it down");
  }
}

ImageHeader read_header(const std::vector<std::uint8_t>& bytes, const fs::path& file,
                        std::int64_t max_pixels) {
  const std::optional<ImageHeader> header = parse_image_header(bytes);
  if (!header) fail(file, "is not a DICOM, PNG, JPEG, TIFF, BMP or WebP image");
  if (header->width == 0 || header->height == 0) fail(file, "is damaged: its header has no size");
  if (!header->complete) fail(file, "is damaged or incomplete; copy it again");
  if (header->is_costly) {
    fail(file, "would take far more time or memory than its size allows; convert it");
  }
  check_size({header->width, header->height}, file, max_pixels);
  return *header;
}

cv::Mat decode(const std::vector<std::uint8_t>& bytes, ImageFormat format, const fs::path& file) {
  // OpenCV turns an image the way its EXIF says unless it is asked for it unchanged.
  const int flags = format == ImageFormat::jpeg ? cv::IMREAD_ANYDEPTH | cv::IMREAD_ANYCOLOR
                                                : cv::IMREAD_UNCHANGED;
  cv::Mat image;
  try {
    image = cv::imdecode(bytes, flags);
  } catch (const cv::Exception&) {  // says what an empty image says, with OpenCV's source lines
  }
  if (image.empty()) {
    fail(file, "cannot be decoded: damaged, incomplete or of an unusual kind; convert it to PNG");
  }
  return image;
}

/// Lays the pixels on black.
void apply_alpha(cv::Mat& grey, const cv::Mat& image) {
  cv::Mat alpha;
  cv::extractChannel(image, alpha, image.channels() - 1);
  const double opaque = image.depth() == CV_8U ? 255.0 : image.depth() == CV_16U ? 65535.0 : 1.0;
  cv::multiply(grey, alpha, grey, 1.0 / opaque);
}

cv::Mat to_grey(const cv::Mat& image, bool has_alpha) {
  cv::Mat grey;
  switch (image.channels()) {
    case 1:
      return image;
    case 2:
      cv::extractChannel(image, grey, 0);
      break;
    case 3:
      cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
      return grey;
    default:
      cv::cvtColor(image, grey, cv::COLOR_BGRA2GRAY);
  }
  if (has_alpha) apply_alpha(grey, image);
  return grey;
}

cv::Mat stretch_to_8_bit(const cv::Mat& grey) {
  double darkest = 0.0, brightest = 0.0;
  cv::minMaxLoc(grey, &darkest, &brightest);
  const double scale = brightest > darkest ? 255.0 / (brightest - darkest) : 0.0;
  cv::Mat result;
  grey.convertTo(result, CV_8U, scale, -darkest * scale);
  return result;
}

bool has_image_magic(const fs::path& file) {
  std::array<std::uint8_t, std::max(kImageMagicBytes, kDicomMagicBytes)> bytes{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  const std::span start(bytes.data(), static_cast<std::size_t>(stream.gcount()));
  return image_format(start) || is_dicom(start);
}

/// What decoding and conversion take, about.
std::uint64_t decoding_bytes(const ImageHeader& header) {
  return static_cast<std::uint64_t>(2 * header.width * header.height * header.bytes_per_pixel);
}

Radiograph read_dicom(const std::vector<std::uint8_t>& bytes, const fs::path& file,
                      const ReadOptions& options) {
  DicomFile dicom(bytes, file, options.force);
  check_size(dicom.size(), file, options.max_pixels);
  const MemoryBudget::Share share(pixel_budget, dicom.decoding_bytes());
  return dicom.decode();
}

Radiograph read_image(std::vector<std::uint8_t>& bytes, const fs::path& file,
                      const ReadOptions& options) {
  const ImageHeader header = read_header(bytes, file, options.max_pixels);
  if (header.format == ImageFormat::png) remove_compressed_texts(bytes);
  const MemoryBudget::Share share(pixel_budget, decoding_bytes(header));
  cv::Mat image = decode(bytes, header.format, file);
  // libtiff has already laid 8-bit pixels on black and turned inverted ones; it does neither for
  // deeper ones.
  const bool raw = header.format != ImageFormat::tiff || image.depth() != CV_8U;
  if (image.depth() == CV_8U) return {to_grey(image, raw)};

  if (image.depth() != CV_16U) image.convertTo(image, CV_32F);
  if (!cv::checkRange(image)) fail(file, "holds samples that are not finite numbers");
  cv::Mat radiograph = stretch_to_8_bit(to_grey(image, raw));
  if (header.white_is_zero) cv::bitwise_not(radiograph, radiograph);
  return {radiograph};
}

cv::Size size_of(const std::vector<std::uint8_t>& bytes, const fs::path& file) {
  if (is_dicom(bytes)) {
    const cv::Size size = DicomFile(bytes, file, false).size();
    check_size(size, file, kMaxPixels);
    return size;
  }
  const ImageHeader header = read_header(bytes, file, kMaxPixels);
  const cv::Size size(static_cast<int>(header.width), static_cast<int>(header.height));
  return header.transposed ? cv::Size(size.height, size.width) : size;
}

}  // namespace

Radiograph read_radiograph_here(const fs::path& file, const ReadOptions& options) {
  FileBytes content(file);
  return is_dicom(content.bytes()) ? read_dicom(content.bytes(), file, options)
                                   : read_image(content.bytes(), file, options);
}

cv::Size radiograph_size_here(const fs::path& file) {
  const FileBytes content(file);
  return size_of(content.bytes(), file);
}

Radiograph read_radiograph(const fs::path& file, const ReadOptions& options) {
  if (auto* others = ReadingProcesses::running()) return others->read_radiograph(file, options);
  Radiograph radiograph;
  run_quietly([&] { radiograph = read_radiograph_here(file, options); });
  return radiograph;
}

cv::Size radiograph_size(const fs::path& file) {
  if (auto* others = ReadingProcesses::running()) return others->radiograph_size(file);
  cv::Size size;
  run_quietly([&] { size = radiograph_size_here(file); });
  return size;
}

bool looks_like_image(const fs::path& file) noexcept {
  try {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (fs::is_directory(status)) return false;
    // Opening a pipe would wait for its other end.
    return has_image_extension(file) || (fs::is_regular_file(status) && has_image_magic(file));
  } catch (...) {
    return false;
  }
}

}  // namespace cxr
