#include "stored_values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace cxr {
namespace {

/// Of up to 16 bits. Two's complement with its sign turned over counts up from the least value.
cv::Mat short_values(const cv::Mat& samples, const DicomPixelFormat& format) {
  const int shift = format.high_bit + 1 - format.bits_stored;
  const int mask = (1 << format.bits_stored) - 1;
  const int sign = format.is_signed ? 1 << (format.bits_stored - 1) : 0;
  cv::Mat stored;
  samples.convertTo(stored, CV_16U);
  for (int y = 0; y < stored.rows; ++y) {
    auto* row = stored.ptr<std::uint16_t>(y);
    std::transform(row, row + stored.cols, row, [&](std::uint16_t value) {
      return static_cast<std::uint16_t>(((value >> shift) & mask) ^ sign);
    });
  }
  return stored;
}

/// From a sample of 32 bits to its stored value.
class LongValue {
 public:
  explicit LongValue(const DicomPixelFormat& format)
      : shift_(format.high_bit + 1 - format.bits_stored),
        mask_((std::int64_t{1} << format.bits_stored) - 1),
        sign_(format.is_signed ? std::int64_t{1} << (format.bits_stored - 1) : 0) {}

  std::int64_t operator()(std::int32_t sample) const {
    const std::int64_t bits = (static_cast<std::uint32_t>(sample) >> shift_) & mask_;
    return (bits ^ sign_) - sign_;
  }

 private:
  int shift_;
  std::int64_t mask_, sign_;
};

cv::Mat long_values(const cv::Mat& samples, const DicomPixelFormat& format,
                    GrayscaleTransform& tones) {
  const LongValue value_of(format);
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = -least;
  for (const std::int32_t sample : cv::Mat_<std::int32_t>(samples)) {
    least = std::min(least, value_of(sample));
    most = std::max(most, value_of(sample));
  }
  const auto range_bits =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(most - least)));
  const int dropped = std::max(0, range_bits - 16);
  cv::Mat stored(samples.size(), CV_16UC1);
  std::transform(samples.begin<std::int32_t>(), samples.end<std::int32_t>(),
                 stored.begin<std::uint16_t>(), [&](std::int32_t sample) {
                   return static_cast<std::uint16_t>((value_of(sample) - least) >> dropped);
                 });
  tones.bits = 16;
  tones.is_signed = false;
  tones.modality_lut.reset();  // has 65,536 entries at most
  tones.padding.reset();
  tones.intercept += tones.slope * static_cast<double>(least);
  tones.slope *= std::ldexp(1.0, dropped);
  return stored;
}

}  // namespace

cv::Mat stored_values(const cv::Mat& samples, const DicomPixelFormat& format,
                      GrayscaleTransform& tones) {
  return samples.depth() == CV_32S ? long_values(samples, format, tones)
                                   : short_values(samples, format);
}

}  // namespace cxr
