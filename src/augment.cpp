#include "augment.h"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace cxr {
namespace {

double either_way(cv::RNG& rng, double range) { return rng.uniform(-range, range); }

bool happens(cv::RNG& rng, double probability) { return rng.uniform(0.0, 1.0) < probability; }

}  // namespace

cv::RNG example_rng(std::uint64_t batch_seed, std::size_t image) {
  // SplitMix64: cv::RNG gives like numbers for like seeds.
  std::uint64_t z = batch_seed + (image + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return cv::RNG(z ^ (z >> 31));
}

cv::Mat random_affine(const Augmentation& augmentation, cv::Size from, cv::Size to, cv::RNG& rng) {
  // Worked out in a square from -1 to 1, so that the ranges mean the same at any size.
  double angle = either_way(rng, augmentation.rotation) * std::numbers::pi / 180;
  if (happens(rng, augmentation.quarter_turn)) angle += rng.uniform(1, 4) * std::numbers::pi / 2;
  const double scale = std::exp2(either_way(rng, std::log2(1 + augmentation.scale)));
  const double stretch = std::exp2(either_way(rng, std::log2(1 + augmentation.aspect)) / 2);
  const double shear = either_way(rng, augmentation.shear);
  const double mirror = happens(rng, augmentation.mirror) ? -1 : 1;
  const double dx = either_way(rng, 2 * augmentation.shift);
  const double dy = either_way(rng, 2 * augmentation.shift);

  using Matrix = cv::Matx33d;
  const Matrix to_square(2.0 / from.width, 0, -1, 0, 2.0 / from.height, -1, 0, 0, 1);
  const Matrix sheared(mirror * scale * stretch, shear, 0, 0, scale / stretch, 0, 0, 0, 1);
  const Matrix turned(std::cos(angle), -std::sin(angle), dx, std::sin(angle), std::cos(angle), dy,
                      0, 0, 1);
  const Matrix to_target(to.width / 2.0, 0, to.width / 2.0, 0, to.height / 2.0, to.height / 2.0, 0,
                         0, 1);
  const Matrix all = to_target * turned * sheared * to_square;
  return cv::Mat(all).rowRange(0, 2).clone();
}

cv::Mat random_tones(const Augmentation& augmentation, const cv::Mat& image, cv::RNG& rng) {
  const double gamma = std::exp2(either_way(rng, augmentation.gamma));
  const double contrast = 1 + either_way(rng, augmentation.contrast);
  const double brightness = 255 * either_way(rng, augmentation.brightness);
  const bool negative = happens(rng, augmentation.invert);
  cv::Mat table(1, 256, CV_8UC1);
  for (int i = 0; i < 256; ++i) {
    const double curved = 255 * std::pow(i / 255.0, gamma);
    const double value = (curved - 127.5) * contrast + 127.5 + brightness;
    table.at<uchar>(i) = cv::saturate_cast<uchar>(negative ? 255 - value : value);
  }
  cv::Mat changed;
  cv::LUT(image, table, changed);

  const double blur = rng.uniform(0.0, 1.0) * augmentation.blur;
  if (blur > 0.3) cv::GaussianBlur(changed, changed, {}, blur);
  const double noise = 255 * rng.uniform(0.0, 1.0) * augmentation.noise;
  if (noise > 1) {
    cv::Mat grain(changed.size(), CV_16SC1);
    rng.fill(grain, cv::RNG::NORMAL, 0, noise);
    cv::add(changed, grain, changed, cv::noArray(), CV_8U);
  }
  return changed;
}

}  // namespace cxr
