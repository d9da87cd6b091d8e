#include "inflate.h"

#include <zlib.h>

#include <algorithm>

namespace cxr {

std::vector<std::uint8_t> inflate_start(std::span<const std::uint8_t> deflated, std::size_t most) {
  constexpr std::size_t kStep = std::size_t{1} << 20;
  std::vector<std::uint8_t> inflated;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return inflated;
  stream.next_in = const_cast<Bytef*>(deflated.data());
  stream.avail_in = static_cast<uInt>(deflated.size());  // files have 1 GiB at most
  int status = Z_OK;
  while (status == Z_OK && inflated.size() < most) {
    const std::size_t before = inflated.size();
    inflated.resize(std::min(most, before + std::max(kStep, before / 2)));
    stream.next_out = inflated.data() + before;
    stream.avail_out = static_cast<uInt>(inflated.size() - before);
    status = inflate(&stream, Z_NO_FLUSH);
    inflated.resize(inflated.size() - stream.avail_out);
    if (inflated.size() == before) break;
  }
  inflateEnd(&stream);
  return inflated;
}

}  // namespace cxr
