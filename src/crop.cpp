#include "cxr/crop.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

namespace cxr {
namespace {

/// The tones below and above which a share `tail` of the masked pixels lies.
std::pair<int, int> tonal_range(const cv::Mat& image, const cv::Mat& mask, double tail) {
  cv::Mat histogram;
  cv::calcHist(std::vector{image}, {0}, mask, histogram, {256}, {0, 256});
  const auto tail_pixels = static_cast<float>(tail * cv::countNonZero(mask));
  const auto end_of_tail = [&](int tone, int step) {
    for (float below = 0; (below += histogram.at<float>(tone)) <= tail_pixels;) tone += step;
    return tone;
  };
  return {end_of_tail(0, 1), end_of_tail(255, -1)};
}

}  // namespace

cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size) {
  cv::Mat mask;
  cv::resize(lung_mask, mask, image_size, 0, 0, cv::INTER_LINEAR);
  cv::threshold(mask, mask, 127, 255, cv::THRESH_BINARY);
  return mask;
}

cv::Mat isolate_lungs(const cv::Mat& image, const cv::Mat& lungs) {
  if (cv::countNonZero(lungs) == 0) return image.clone();
  const auto [low, high] = tonal_range(image, lungs, 0.01);
  cv::Mat stretched;
  const double scale = 255.0 / std::max(high - low, 1);
  image.convertTo(stretched, CV_8U, scale, -low * scale);
  cv::Mat isolated(image.size(), image.type(), cv::mean(stretched, lungs));
  stretched.copyTo(isolated, lungs);
  return isolated;
}

cv::Mat crop_radiograph(const cv::Mat& image, const LungBox& lungs, const cv::Mat& lung_mask,
                        double threshold, OutsideLungs outside) {
  const cv::Rect crop = choose_crop(lungs, threshold, image.size());
  if (outside == OutsideLungs::keep || !is_trusted(lungs, threshold)) return image(crop);
  return isolate_lungs(image(crop), mask_at(lung_mask, image.size())(crop));
}

}  // namespace cxr
