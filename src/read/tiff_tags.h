#pragma once

#include <cstddef>
#include <cstdint>

#include "byte_reader.h"

namespace cxr {

/// Calls `visit(tag, value)` for each entry of the first directory of a TIFF that begins at
/// `start`.
template <typename Visit>
void for_each_tiff_tag(const ByteReader& bytes, std::size_t start, const Visit& visit) {
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
inline bool is_transposed(const ByteReader& bytes, std::size_t start) {
  static constexpr std::uint32_t kOrientation = 274;
  bool transposed = false;
  for_each_tiff_tag(bytes, start, [&](std::uint32_t tag, std::uint32_t value) {
    if (tag == kOrientation) transposed = value >= 5 && value <= 8;
  });
  return transposed;
}

}  // namespace cxr
