// Any file through the reader, DICOM included: a radiograph or an Error, in bounded memory.

#include <zlib.h>

#include <optional>
#include <string>

#include "cxr/error.h"
#include "cxr/read.h"
#include "fuzz.h"
#include "read/dicom.h"
#include "read/dicom_data_set.h"
#include "read/image_header.h"

namespace {

/// Larger ones take longer, and show no more.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 20;
/// What decoders take however small the image; most of it the header of a deflated DICOM file,
/// while the buffer for it grows.
constexpr std::int64_t kConstantBytes = std::int64_t{80} << 20;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// Makes the checksums of a PNG right again, or nothing behind them would ever be tried.
void repair_png(std::string& bytes) {
  std::size_t chunk = 8;
  while (chunk + 12 <= bytes.size()) {
    const std::size_t length = big_endian(bytes, chunk), end = chunk + 8 + length;
    if (length > bytes.size() - chunk - 12) return;
    const auto* body = reinterpret_cast<const Bytef*>(bytes.data() + chunk + 4);
    const auto crc = static_cast<std::uint32_t>(crc32(0, body, static_cast<uInt>(4 + length)));
    for (std::size_t i = 0; i < 4; ++i) bytes[end + i] = static_cast<char>(crc >> (24 - 8 * i));
    chunk = end + 4;
  }
}

/// What the reader takes decoding for, at most.
std::int64_t declared_bytes(std::span<const std::uint8_t> bytes) {
  if (cxr::is_dicom(bytes)) {
    try {
      return static_cast<std::int64_t>(cxr::DicomFile(bytes, "", true).decoding_bytes());
    } catch (const cxr::Error&) {
      return 0;
    }
  }
  const auto header = cxr::parse_image_header(bytes);
  if (!header || header->width > kMostPixels || header->height > kMostPixels) return 0;
  return 2 * header->width * header->height * header->bytes_per_pixel;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cxr::fuzz::MemoryFile file;
  std::string bytes(cxr::fuzz::as_text(data, size));
  if (bytes.starts_with("\x89PNG")) repair_png(bytes);
  file.write(bytes);
  const std::int64_t declared =
      declared_bytes({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  cxr::fuzz::PeakMemory::start();
  std::optional<cxr::Radiograph> radiograph;
  try {
    radiograph = cxr::read_radiograph(file.path(), {.max_pixels = kMostPixels, .force = true});
  } catch (const cxr::Error&) {
  }
  const auto most = declared + declared / 2 + 8 * static_cast<std::int64_t>(size) + kConstantBytes;
  if (cxr::fuzz::PeakMemory::bytes() > most) {
    std::fprintf(stderr, "fuzz: took %ld bytes where %ld are allowed\n",
                 static_cast<long>(cxr::fuzz::PeakMemory::bytes()), static_cast<long>(most));
    std::abort();
  }
  if (!radiograph) return 0;
  const cv::Mat& image = radiograph->image;
  cxr::fuzz::require(image.type() == CV_8UC1, "is not 8-bit grey");
  cxr::fuzz::require(std::min(image.rows, image.cols) > 0, "is empty");
  try {
    cxr::fuzz::require(cxr::radiograph_size(file.path()) == image.size(),
                       "its size is not what its header told");
  } catch (const cxr::SkippedError&) {  // no chest film; it is not forced here
  }
  return 0;
}
