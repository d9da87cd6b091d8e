#include "png_chunks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "byte_reader.h"

namespace cxr {

void remove_compressed_texts(std::vector<std::uint8_t>& png) {
  static constexpr std::array<std::string_view, 3> kTexts = {"zTXt", "iTXt", "iCCP"};
  const ByteReader bytes(png);
  const auto place = [&](std::size_t at) { return png.begin() + static_cast<std::ptrdiff_t>(at); };
  std::size_t chunk = 8, end = 8;  // of what is kept
  while (chunk + 12 <= png.size()) {
    const std::size_t next = std::min(chunk + 12 + std::size_t{bytes.big(chunk, 4)}, png.size());
    const bool is_text = std::ranges::any_of(
        kTexts, [&](std::string_view type) { return bytes.has(chunk + 4, type); });
    if (!is_text) {
      std::copy(place(chunk), place(next), place(end));
      end += next - chunk;
    }
    chunk = next;
  }
  png.resize(end);
}

}  // namespace cxr
