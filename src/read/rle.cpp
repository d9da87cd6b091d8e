#include "rle.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace cxr {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kHeaderBytes = 64;

[[noreturn]] void fail() { throw std::runtime_error("its run-length encoding is damaged"); }

std::size_t number_at(Bytes bytes, std::size_t at) {
  return bytes[at] | static_cast<std::size_t>(bytes[at + 1]) << 8 |
         static_cast<std::size_t>(bytes[at + 2]) << 16 |
         static_cast<std::size_t>(bytes[at + 3]) << 24;
}

/// The segments that the header points at.
std::vector<Bytes> segments_of(Bytes frame, std::size_t count) {
  if (frame.size() < kHeaderBytes || number_at(frame, 0) != count) fail();
  std::vector<std::size_t> bounds;
  for (std::size_t i = 1; i <= count; ++i) bounds.push_back(number_at(frame, 4 * i));
  bounds.push_back(frame.size());
  if (bounds.front() < kHeaderBytes || !std::ranges::is_sorted(bounds)) fail();
  std::vector<Bytes> segments;
  for (std::size_t i = 0; i < count; ++i) {
    segments.push_back(frame.subspan(bounds[i], bounds[i + 1] - bounds[i]));
  }
  return segments;
}

/// Unpacks a segment into every `step`-th byte of `out`, which it must fill.
void unpack(Bytes segment, std::uint8_t* out, std::size_t step, std::size_t count) {
  std::size_t at = 0, done = 0;
  const auto put = [&](std::uint8_t value) { out[step * done++] = value; };
  while (done < count) {
    if (at >= segment.size()) fail();
    const std::size_t control = segment[at++];
    if (control == 128) continue;
    const bool is_run = control > 128;
    const std::size_t length = is_run ? 257 - control : control + 1;
    const std::size_t taken = is_run ? 1 : length;
    if (taken > segment.size() - at) fail();
    for (std::size_t i = 0; i < length && done < count; ++i) put(segment[is_run ? at : at + i]);
    at += taken;
  }
}

}  // namespace

void decode_rle(Bytes frame, cv::Mat& image) {
  const std::size_t width = image.elemSize1(), step = image.elemSize();
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::vector<Bytes> segments = segments_of(frame, channels * width);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::size_t channel = i / width, byte = width - 1 - i % width;  // little-endian
    unpack(segments[i], image.data + channel * width + byte, step, image.total());
  }
}

}  // namespace cxr
