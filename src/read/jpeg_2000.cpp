#include "jpeg_2000.h"

#include <algorithm>
#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <span>

#include "sample_planes.h"

namespace cxr {
namespace {

using Buffer = std::vector<std::uint8_t>;

/// Where the codestream begins; the end if there is none.
std::size_t find_codestream(const Buffer& bytes) {
  static constexpr std::uint8_t kStart[] = {0xFF, 0x4F, 0xFF, 0x51};  // SOC, SIZ
  static constexpr std::uint8_t kJp2[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};
  const bool is_wrapped = bytes.size() >= std::size(kJp2) &&
                          std::ranges::equal(kJp2, std::span(bytes).first(std::size(kJp2)));
  const auto found = std::search(bytes.begin(), bytes.end(), std::begin(kStart), std::end(kStart));
  const auto begin = static_cast<std::size_t>(found - bytes.begin());
  return begin == 0 || is_wrapped ? begin : bytes.size();
}

/// Whether the marker SIZ (A.5.1) of the codestream at `begin` states this size.
bool states_size(const Buffer& bytes, std::size_t begin, cv::Size size, int components) {
  if (bytes.size() - begin < 43) return false;
  const auto number = [&](std::size_t at, int count) {
    std::int64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[begin + at++];
    return value;
  };
  return number(8, 4) - number(16, 4) == size.width &&
         number(12, 4) - number(20, 4) == size.height && number(40, 2) == components;
}

/// OpenCV refuses signed samples. Without the flag for them (in Ssiz of the first component) they
/// are decoded as unsigned ones, counted from the least value. This returns that value without its
/// sign; of unsigned samples, 0.
int make_unsigned(Buffer& bytes, std::size_t begin) {
  constexpr std::size_t kSsiz = 42;
  std::uint8_t& ssiz = bytes[begin + kSsiz];
  if ((ssiz & 0x80) == 0) return 0;
  ssiz &= 0x7F;
  return 1 << (ssiz & 0x0F);
}

/// In two's complement: what is below 0 wraps round.
template <typename Sample>
void subtract(cv::Mat& image, int value) {
  auto* first = image.ptr<Sample>();
  std::transform(first, first + image.total() * static_cast<std::size_t>(image.channels()), first,
                 [value](Sample sample) { return static_cast<Sample>(sample - value); });
}

void subtract(cv::Mat& image, int value) {
  if (image.depth() == CV_8U) subtract<std::uint8_t>(image, value);
  if (image.depth() == CV_16U) subtract<std::uint16_t>(image, value);
  if (image.depth() == CV_32S) subtract<std::int32_t>(image, value);
}

}  // namespace

cv::Mat decode_jpeg_2000(Buffer codestream, cv::Size size, int type) {
  const std::size_t begin = find_codestream(codestream);
  if (!states_size(codestream, begin, size, CV_MAT_CN(type))) return {};
  const int least = make_unsigned(codestream, begin);
  cv::Mat image;
  try {
    image = cv::imdecode(codestream, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {  // says what an empty image says, with OpenCV's source lines
  }
  if (image.size() != size || image.channels() != CV_MAT_CN(type)) return {};
  if (image.channels() == 3) cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  image = widened(image, type);
  if (least != 0 && !image.empty()) subtract(image, least);
  return image;
}

}  // namespace cxr
