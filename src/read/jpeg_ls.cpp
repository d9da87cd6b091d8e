#include "jpeg_ls.h"

#include <charls/charls.h>

#include <algorithm>
#include <iterator>

#include "sample_planes.h"

namespace cxr {
namespace {

using Buffer = std::vector<std::uint8_t>;

/// Throws charls::jpegls_error where it is damaged.
cv::Mat decode(const Buffer& codestream, cv::Size size, int type) {
  const charls::jpegls_decoder decoder(codestream, true);
  const charls::frame_info info = decoder.frame_info();
  const bool fits = info.width == static_cast<unsigned>(size.width) &&
                    info.height == static_cast<unsigned>(size.height) &&
                    info.component_count == CV_MAT_CN(type) && info.bits_per_sample <= 16;
  if (!fits) return {};
  cv::Mat image(size, CV_MAKETYPE(info.bits_per_sample <= 8 ? CV_8U : CV_16U, CV_MAT_CN(type)));
  if (decoder.destination_size() != image.total() * image.elemSize()) return {};
  decoder.decode(image.data, image.total() * image.elemSize());
  const bool in_planes = decoder.interleave_mode() == charls::interleave_mode::none;
  return widened(image.channels() == 3 && in_planes ? interleave(image) : image, type);
}

/// Removes zeros that stand before the end marker to make the length even, which CharLS takes for
/// damage. Returns whether there were any.
bool remove_padding(Buffer& codestream) {
  static constexpr std::uint8_t kEnd[] = {0xFF, 0xD9};
  const auto end =
      std::find_end(codestream.begin(), codestream.end(), std::begin(kEnd), std::end(kEnd));
  auto begin = end;
  while (begin != codestream.begin() && *std::prev(begin) == 0) --begin;
  const bool has_padding = begin != end;
  codestream.erase(begin, end);
  return has_padding;
}

}  // namespace

cv::Mat decode_jpeg_ls(Buffer codestream, cv::Size size, int type) {
  try {
    return decode(codestream, size, type);
  } catch (const charls::jpegls_error&) {
    if (!remove_padding(codestream)) return {};
  }
  try {
    return decode(codestream, size, type);
  } catch (const charls::jpegls_error&) {
    return {};
  }
}

}  // namespace cxr
