#include "enhance.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "base/resize.h"

namespace cxr {
namespace {

/// An odd window that follows the crop's smaller side.
int window(const cv::Mat& crop, double fraction) {
  constexpr int kSmallest = 7;
  const int size = static_cast<int>(std::min(crop.rows, crop.cols) * fraction);
  return std::max(size - (1 - size % 2), kSmallest);
}

cv::Mat otsu(const cv::Mat& crop) {
  cv::Mat plane;
  cv::threshold(crop, plane, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  return plane;
}

cv::Mat clahe(const cv::Mat& crop) {
  cv::Mat plane;
  cv::createCLAHE(3.0, {8, 8})->apply(crop, plane);
  return plane;
}

cv::Mat local_threshold(const cv::Mat& crop) {
  cv::Mat blurred;
  cv::medianBlur(crop, blurred, window(crop, 0.005));
  cv::Mat plane;
  cv::adaptiveThreshold(blurred, plane, 255, cv::ADAPTIVE_THRESH_GAUSSIAN_C, cv::THRESH_BINARY_INV,
                        window(crop, 0.02), 2);
  return plane;
}

}  // namespace

cv::Mat enhance(const cv::Mat& crop, std::optional<int> longer_side, Planes planes) {
  // A copy, because OpenCV's filters look over the edge of a part of an image.
  const cv::Mat scaled =
      longer_side ? resized(crop, with_longer_side(crop.size(), *longer_side)) : crop.clone();
  const cv::Mat middle = planes == Planes::plain ? scaled : clahe(scaled);
  std::array merged{middle, middle, middle};
  if (planes == Planes::all) merged = {otsu(scaled), middle, local_threshold(scaled)};
  cv::Mat enhanced;
  cv::merge(merged, enhanced);
  return enhanced;
}

}  // namespace cxr
