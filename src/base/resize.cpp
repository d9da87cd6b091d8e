#include "resize.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace cxr {
namespace {

/// The pixels of a source line that one pixel of the result is made of.
struct Taps {
  int first = 0;
  std::vector<int> weights;  ///< they sum to about 2^kFraction
};

constexpr int kFraction = 22;  ///< bits; leaves eight for the grey level, two for the sum

/// The taps of each pixel of a line that goes from `from` to `to` pixels.
std::vector<Taps> triangle_taps(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double reach = std::max(scale, 1.0);
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::floor(centre - reach + 0.5)));
    const int end = std::min(from, static_cast<int>(std::floor(centre + reach + 0.5)));
    std::vector<double> weights;
    for (int x = first; x < end; ++x) {
      weights.push_back(std::max(0.0, 1 - std::abs(x + 0.5 - centre) / reach));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    Taps& tap = taps[static_cast<std::size_t>(i)];
    tap.first = first;
    for (const double weight : weights) {
      tap.weights.push_back(static_cast<int>(std::lround(weight / sum * (1 << kFraction))));
    }
  }
  return taps;
}

/// Resizes the rows: `width` pixels from each.
cv::Mat with_width(const cv::Mat& image, int width) {
  if (image.cols == width) return image;
  const std::vector<Taps> taps = triangle_taps(image.cols, width);
  const int channels = image.channels();
  cv::Mat result(image.rows, width, image.type());
  for (int y = 0; y < image.rows; ++y) {
    const uchar* row = image.ptr(y);
    uchar* out = result.ptr(y);
    for (const auto& [first, weights] : taps) {
      for (int channel = 0; channel < channels; ++channel) {
        int sum = 1 << (kFraction - 1);
        const uchar* pixel = row + std::ptrdiff_t{first} * channels + channel;
        for (const int weight : weights) {
          sum += weight * *pixel;
          pixel += channels;
        }
        *out++ = cv::saturate_cast<uchar>(sum >> kFraction);
      }
    }
  }
  return result;
}

/// Resizes the columns: `height` pixels from each. Row by row, as memory is read fastest.
cv::Mat with_height(const cv::Mat& image, int height) {
  if (image.rows == height) return image;
  const std::vector<Taps> taps = triangle_taps(image.rows, height);
  const auto length =
      static_cast<std::size_t>(image.cols) * static_cast<std::size_t>(image.channels());
  cv::Mat result(height, image.cols, image.type());
  std::vector<int> sums(length);
  for (int y = 0; y < height; ++y) {
    const auto& [first, weights] = taps[static_cast<std::size_t>(y)];
    std::ranges::fill(sums, 1 << (kFraction - 1));
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const uchar* row = image.ptr(first + static_cast<int>(k));
      for (std::size_t x = 0; x < length; ++x) sums[x] += weights[k] * row[x];
    }
    std::ranges::transform(sums, result.ptr(y),
                           [](int sum) { return cv::saturate_cast<uchar>(sum >> kFraction); });
  }
  return result;
}

}  // namespace

cv::Mat resized_as_pil(const cv::Mat& image, cv::Size size) {
  return with_height(with_width(image, size.width), size.height);
}

cv::Mat resized(const cv::Mat& image, cv::Size size) {
  cv::Mat result;
  const bool shrinks = size.area() < image.size().area();
  cv::resize(image, result, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
  return result;
}

cv::Size with_longer_side(cv::Size size, int pixels) {
  const double scale = static_cast<double>(pixels) / std::max(size.width, size.height);
  return {std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale))};
}

}  // namespace cxr
