// The headers of image files, and the removal of compressed texts from a PNG.

#include <vector>

#include "fuzz.h"
#include "read/image_header.h"
#include "read/png_chunks.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto format = cxr::image_format(bytes);
  const auto header = cxr::parse_image_header(bytes);
  cxr::fuzz::require(format.has_value() == header.has_value(), "format and header disagree");
  if (!header) return 0;
  cxr::fuzz::require(header->format == *format, "format and header disagree");
  cxr::fuzz::require(header->width >= 0 && header->height >= 0, "negative size");
  if (*format == cxr::ImageFormat::png) {
    std::vector<std::uint8_t> png(bytes.begin(), bytes.end());
    cxr::remove_compressed_texts(png);
    cxr::fuzz::require(png.size() <= size, "a PNG has grown");
  }
  return 0;
}
