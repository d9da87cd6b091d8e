#include "augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace cxr {
namespace {

double either_way(cv::RNG& rng, double range) { return rng.uniform(-range, range); }

bool happens(cv::RNG& rng, double probability) { return rng.uniform(0.0, 1.0) < probability; }

/// Gamma, contrast, brightness, negative and fading in one look-up table.
cv::Mat random_curve(const Augmentation& augmentation, cv::RNG& rng) {
  const double gamma = std::exp2(either_way(rng, augmentation.gamma));
  const double contrast = 1 + either_way(rng, augmentation.contrast);
  const double brightness = 255 * either_way(rng, augmentation.brightness);
  const bool negative = happens(rng, augmentation.invert);
  const double range = happens(rng, augmentation.fade) ? rng.uniform(0.1, 0.5) : 1;
  const double black = range < 1 ? rng.uniform(0.0, 1 - range) : 0;
  cv::Mat table(1, 256, CV_8UC1);
  for (int i = 0; i < 256; ++i) {
    const double curved = 255 * std::pow(i / 255.0, gamma);
    const double value = (curved - 127.5) * contrast + 127.5 + brightness;
    const double whole = std::clamp(negative ? 255 - value : value, 0.0, 255.0);
    table.at<uchar>(i) = cv::saturate_cast<uchar>(255 * black + whole * range);
  }
  return table;
}

void blend_in_equalized(cv::Mat& image, cv::RNG& rng) {
  cv::Mat equalized;
  cv::equalizeHist(image, equalized);
  const double weight = rng.uniform(0.0, 1.0);
  cv::addWeighted(equalized, weight, image, 1 - weight, 0, image);
}

void sharpen(cv::Mat& image, double amount) {
  cv::Mat smooth;
  cv::GaussianBlur(image, smooth, {}, 1.5);
  cv::addWeighted(image, 1 + amount, smooth, -amount, 0, image);
}

void add_grain(cv::Mat& image, double deviation, cv::RNG& rng) {
  cv::Mat grain(image.size(), CV_16SC1);
  rng.fill(grain, cv::RNG::NORMAL, 0, deviation);
  cv::add(image, grain, image, cv::noArray(), CV_8U);
}

cv::Size scaled(cv::Size size, double octaves) {
  const double scale = std::exp2(-octaves);
  return {std::max(8, cvRound(size.width * scale)), std::max(8, cvRound(size.height * scale))};
}

/// By an interpolation chosen at random.
void resize(cv::Mat& image, cv::Size size, cv::RNG& rng) {
  constexpr std::array kKinds{cv::INTER_AREA, cv::INTER_LINEAR, cv::INTER_CUBIC,
                              cv::INTER_LANCZOS4};
  const int kind = kKinds[static_cast<std::size_t>(rng.uniform(0, int{kKinds.size()}))];
  cv::resize(cv::Mat(image), image, size, 0, 0, kind);
}

void compress(cv::Mat& image, cv::RNG& rng) {
  std::vector<uchar> bytes;
  cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, rng.uniform(15, 86)});
  image = cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
}

/// Paints a rectangle of at most a quarter of the sides into the corner at (right, bottom).
void cover_corner(cv::Mat& image, int right, int bottom, cv::RNG& rng) {
  const cv::Size size(cvRound(image.cols * rng.uniform(0.05, 0.25)),
                      cvRound(image.rows * rng.uniform(0.05, 0.25)));
  const cv::Point at(right * (image.cols - size.width), bottom * (image.rows - size.height));
  image(cv::Rect(at, size)).setTo(rng.uniform(0, 256));
}

/// How much each pixel belongs to the lungs, CV_32FC1, 0..1: hulls widened by 2 to 6 % of the side.
cv::Mat soft_hulls(const cv::Mat& lungs, cv::RNG& rng) {
  std::vector<std::vector<cv::Point>> lobes;
  cv::findContours(lungs, lobes, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  for (auto& lobe : lobes) {
    const auto outline = lobe;
    cv::convexHull(outline, lobe);
  }
  cv::Mat hulls(lungs.size(), CV_8UC1, cv::Scalar(0));
  for (const auto& lobe : lobes) cv::fillConvexPoly(hulls, lobe, 255);
  const int side = std::max(lungs.rows, lungs.cols);
  const int reach = 1 + 2 * cvRound(side * rng.uniform(0.02, 0.06));
  cv::dilate(hulls, hulls, cv::getStructuringElement(cv::MORPH_ELLIPSE, {reach, reach}));
  cv::Mat soft;
  hulls.convertTo(soft, CV_32F, 1 / 255.0);
  cv::GaussianBlur(soft, soft, {}, reach / 4.0);
  return soft;
}

/// The image moved, blurred, re-toned and made grainy, each at random.
cv::Mat changed_surroundings(const cv::Mat& image, cv::RNG& rng) {
  const int side = std::max(image.rows, image.cols);
  const Augmentation moved{.rotation = 20, .scale = 0.3, .aspect = 0.2, .shift = 0.15, .mirror = 0};
  cv::Mat changed = image.clone();
  if (happens(rng, 0.5)) {
    const cv::Mat map = random_affine(moved, {{}, image.size()}, image.size(), rng);
    cv::warpAffine(image, changed, map, image.size(), cv::INTER_LINEAR, cv::BORDER_REFLECT);
  }
  if (happens(rng, 0.6)) cv::GaussianBlur(changed, changed, {}, side * rng.uniform(0.005, 0.06));
  const Augmentation toned{.gamma = 1, .contrast = 0.6, .brightness = 0.3, .invert = 0.1};
  if (happens(rng, 0.6)) cv::LUT(changed, random_curve(toned, rng), changed);
  if (happens(rng, 0.4)) add_grain(changed, rng.uniform(2.0, 40.0), rng);
  return changed;
}

/// How much of each pixel is gas, CV_32FC1, 0..1: up to four bubbles that may run into one another,
/// in the half of the picture that begins at `left`.
cv::Mat bubbles_below(const cv::Mat& lungs, int left, cv::RNG& rng) {
  const int side = std::max(lungs.rows, lungs.cols);
  cv::Mat gas(lungs.size(), CV_32FC1, cv::Scalar(0));
  for (int bubble = rng.uniform(1, 5); bubble > 0; --bubble) {
    const int x = left + rng.uniform(0, lungs.cols / 2);
    std::vector<cv::Point> column;
    cv::findNonZero(lungs.col(x), column);
    if (column.empty()) continue;
    const int diaphragm = column.back().y;
    const cv::Size axes(cvRound(side * rng.uniform(0.02, 0.12)),
                        cvRound(side * rng.uniform(0.02, 0.08)));
    const cv::Point centre(x, diaphragm + cvRound(axes.height * rng.uniform(0.3, 2.5)));
    const double density = rng.uniform(0.4, 1.0);
    cv::ellipse(gas, centre, axes, rng.uniform(-30, 31), 0, 360, density, cv::FILLED);
  }
  // What lies between is muscle.
  const int wall = 1 + 2 * cvRound(side * rng.uniform(0.0, 0.015));
  cv::Mat kept;
  cv::dilate(lungs, kept, cv::getStructuringElement(cv::MORPH_ELLIPSE, {wall, wall}));
  gas.setTo(0, kept);
  cv::GaussianBlur(gas, gas, {}, side * rng.uniform(0.003, 0.012));
  gas.setTo(0, lungs);
  return gas;
}

}  // namespace

cv::RNG example_rng(std::uint64_t batch_seed, std::size_t image) {
  // SplitMix64: cv::RNG gives similar numbers for similar seeds.
  std::uint64_t z = batch_seed + (image + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return cv::RNG(z ^ (z >> 31));
}

cv::Mat random_affine(const Augmentation& augmentation, cv::Rect from, cv::Size to, cv::RNG& rng) {
  // Computed in a square from -1 to 1, so that the ranges mean the same at any size.
  double angle = either_way(rng, augmentation.rotation) * std::numbers::pi / 180;
  if (happens(rng, augmentation.quarter_turn)) angle += rng.uniform(1, 4) * std::numbers::pi / 2;
  const double scale = std::exp2(either_way(rng, std::log2(1 + augmentation.scale)));
  const double stretch = std::exp2(either_way(rng, std::log2(1 + augmentation.aspect)) / 2);
  const double shear = either_way(rng, augmentation.shear);
  const double mirror = happens(rng, augmentation.mirror) ? -1 : 1;
  const double dx = either_way(rng, 2 * augmentation.shift);
  const double dy = either_way(rng, 2 * augmentation.shift);

  using Matrix = cv::Matx33d;
  const Matrix to_square(2.0 / from.width, 0, -1 - 2.0 * from.x / from.width,    //
                         0, 2.0 / from.height, -1 - 2.0 * from.y / from.height,  //
                         0, 0, 1);
  const Matrix sheared(mirror * scale * stretch, shear, 0, 0, scale / stretch, 0, 0, 0, 1);
  const Matrix turned(std::cos(angle), -std::sin(angle), dx, std::sin(angle), std::cos(angle), dy,
                      0, 0, 1);
  const Matrix to_target(to.width / 2.0, 0, to.width / 2.0, 0, to.height / 2.0, to.height / 2.0, 0,
                         0, 1);
  const Matrix all = to_target * turned * sheared * to_square;
  return cv::Mat(all).rowRange(0, 2).clone();
}

cv::Mat random_outside(const Augmentation& augmentation, const cv::Mat& image, const cv::Mat& lungs,
                       cv::RNG& rng) {
  if (!happens(rng, augmentation.outside) || cv::countNonZero(lungs) == 0) return image;
  const cv::Mat outside = changed_surroundings(image, rng);
  const cv::Mat kept = soft_hulls(lungs, rng);
  cv::Mat blended;
  cv::blendLinear(image, outside, kept, 1 - kept, blended);
  return blended;
}

cv::Mat random_gas(double probability, const cv::Mat& image, const cv::Mat& lungs, cv::RNG& rng) {
  if (!happens(rng, probability) || cv::countNonZero(lungs) == 0) return image;
  const bool right = happens(rng, 0.2);  // of the patient, whose right is on the picture's left
  const cv::Mat gas = bubbles_below(lungs, right ? 0 : image.cols / 2, rng);
  cv::Mat air;
  image.convertTo(air, CV_8U, 0.3, cv::mean(image, lungs)[0] * rng.uniform(0.4, 0.8));
  cv::Mat blended;
  cv::blendLinear(air, image, gas, 1 - gas, blended);
  return blended;
}

cv::Mat random_tones(const Augmentation& augmentation, const cv::Mat& image, cv::RNG& rng) {
  cv::Mat changed;
  cv::LUT(image, random_curve(augmentation, rng), changed);
  if (happens(rng, augmentation.equalize)) blend_in_equalized(changed, rng);
  const double blur = rng.uniform(0.0, 1.0) * augmentation.blur;
  if (blur > 0.3) cv::GaussianBlur(changed, changed, {}, blur);
  const double sharpness = rng.uniform(0.0, 1.0) * augmentation.sharpen;
  if (sharpness > 0.1) sharpen(changed, sharpness);
  const double octaves = rng.uniform(-0.5, 1.0) * augmentation.resample;
  if (std::abs(octaves) > 0.1) resize(changed, scaled(image.size(), octaves), rng);
  const double noise = 255 * rng.uniform(0.0, 1.0) * augmentation.noise;
  if (noise > 1) add_grain(changed, noise, rng);
  if (happens(rng, augmentation.jpeg)) compress(changed, rng);
  if (changed.size() != image.size()) resize(changed, image.size(), rng);
  for (int corner = 0; corner < 4; ++corner) {
    if (happens(rng, augmentation.corners)) cover_corner(changed, corner % 2, corner / 2, rng);
  }
  return changed;
}

}  // namespace cxr
