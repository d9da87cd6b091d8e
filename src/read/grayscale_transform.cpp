#include "grayscale_transform.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace cxr {
namespace {

/// From a stored value to a grey value, 0 to 255, before it is rounded.
using Tone = std::function<double(double)>;

double apply_modality(const GrayscaleTransform& tones, double stored) {
  return tones.modality_lut ? tones.modality_lut->at(stored)
                            : stored * tones.slope + tones.intercept;
}

/// The inversion comes before the rounding, as a change of sign or an exact difference, so that a
/// negative's tones are the picture's own.
Tone by_lut(const DicomLut& lut, bool inverted) {
  const double brightest = lut.brightest();
  return [&lut, inverted, brightest](double value) {
    const double entry = lut.at(value);
    return (inverted ? brightest - entry : entry) * 255 / brightest;
  };
}

Tone by_window(const DicomWindow& window, bool inverted) {
  const bool is_linear = window.shape == DicomWindow::Shape::linear;
  const double middle = is_linear ? window.centre - 0.5 : window.centre;
  const double width = is_linear ? window.width - 1 : window.width;
  const bool is_sigmoid = window.shape == DicomWindow::Shape::sigmoid;
  return [=](double value) {
    const double offset = inverted ? middle - value : value - middle;
    if (is_sigmoid) return 255 / (1 + std::exp(-4 * offset / width));
    if (width == 0) return offset <= 0 ? 0.0 : 255.0;
    return (offset / width + 0.5) * 255;
  };
}

Tone by_range(double least, double most, bool inverted) {
  const double scale = most > least ? 255 / (most - least) : 0;
  return [=](double value) { return (inverted ? most - value : value - least) * scale; };
}

bool is_padding(const GrayscaleTransform& tones, int stored) {
  return tones.padding && stored >= tones.padding->first && stored <= tones.padding->second;
}

/// The range, after the modality transformation, of the values that are in the picture.
std::pair<double, double> range_of(const cv::Mat& stored, const GrayscaleTransform& tones) {
  std::vector<bool> present(std::size_t{1} << tones.bits);
  for (int y = 0; y < stored.rows; ++y) {
    const auto* row = stored.ptr<std::uint16_t>(y);
    for (int x = 0; x < stored.cols; ++x) present[row[x]] = true;
  }
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (std::size_t i = 0; i < present.size(); ++i) {
    const int value = static_cast<int>(i) + tones.least();
    if (!present[i] || is_padding(tones, value)) continue;
    least = std::min(least, apply_modality(tones, value));
    most = std::max(most, apply_modality(tones, value));
  }
  return {least, most};
}

Tone choose_tone(const cv::Mat& stored, const GrayscaleTransform& tones) {
  if (tones.voi_lut) return by_lut(*tones.voi_lut, tones.inverted);
  if (tones.window) return by_window(*tones.window, tones.inverted);
  const bool is_unchanged = !tones.modality_lut && tones.slope == 1 && tones.intercept == 0;
  if (tones.bits == 8 && !tones.is_signed && is_unchanged) return by_range(0, 255, tones.inverted);
  const auto [least, most] = range_of(stored, tones);
  return by_range(least, most, tones.inverted);
}

}  // namespace

double DicomLut::at(double value) const {
  const double last = static_cast<double>(entries.size() - 1);
  return entries[static_cast<std::size_t>(std::clamp(std::round(value) - first, 0.0, last))];
}

int DicomLut::brightest() const {
  const unsigned most = std::max<unsigned>(*std::ranges::max_element(entries), 255);
  return (1 << std::bit_width(most)) - 1;
}

cv::Mat apply_grayscale_transform(const cv::Mat& stored, const GrayscaleTransform& tones) {
  const Tone tone = choose_tone(stored, tones);
  std::vector<std::uint8_t> table(std::size_t{1} << tones.bits);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const int value = static_cast<int>(i) + tones.least();
    if (is_padding(tones, value)) continue;
    table[i] = cv::saturate_cast<std::uint8_t>(tone(apply_modality(tones, value)));
  }
  cv::Mat result(stored.size(), CV_8UC1);
  for (int y = 0; y < stored.rows; ++y) {
    const auto* from = stored.ptr<std::uint16_t>(y);
    auto* to = result.ptr<std::uint8_t>(y);
    std::transform(from, from + stored.cols, to, [&](std::uint16_t value) { return table[value]; });
  }
  return result;
}

}  // namespace cxr
