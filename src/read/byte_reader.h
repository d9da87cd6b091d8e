#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace cxr {

/// A file's bytes. Past the end there are only zeros: no length or offset in a damaged file can
/// lead out of bounds, and a size that is not there reads as 0.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

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

}  // namespace cxr
