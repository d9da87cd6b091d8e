#include "cxr/lung_box.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace cxr {

cv::Rect mask_bounds(const cv::Mat& mask, double padding, double smallest_component) {
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centroids;
  const int components = cv::connectedComponentsWithStats(mask, labels, stats, centroids, 8);
  const double smallest_area = mask.rows * mask.cols * smallest_component;
  cv::Rect bounds;
  for (int i = 1; i < components; ++i) {  // 0 is the background
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    if (box.area() > smallest_area) bounds |= box;
  }
  const int dx = static_cast<int>(bounds.width * padding);
  const int dy = static_cast<int>(bounds.height * padding);
  const cv::Rect padded(bounds.x - dx, bounds.y - dy, bounds.width + 2 * dx,
                        bounds.height + 2 * dy);
  return padded & cv::Rect({}, mask.size());
}

double segmentation_quality(const cv::Mat& lung_probability, const cv::Mat& mask) {
  return cv::mean(lung_probability, mask)[0];
}

LungBox find_lung_box(const cv::Mat& lung_probability, const cv::Mat& mask, cv::Size image_size,
                      double smallest_component) {
  constexpr double kPadding = 0.05;
  const cv::Rect bounds = mask_bounds(mask, kPadding, smallest_component);
  // The order of the operations is the original's, so that truncation gives the same pixels.
  const auto scaled = [](int value, int from, int to) {
    return static_cast<int>(static_cast<double>(value) / from * to);
  };
  LungBox lungs;
  lungs.box = {scaled(bounds.x, mask.cols, image_size.width),
               scaled(bounds.y, mask.rows, image_size.height),
               scaled(bounds.width, mask.cols, image_size.width),
               scaled(bounds.height, mask.rows, image_size.height)};
  if (lungs.box.empty()) return {};  // no lungs, or specks only
  lungs.quality = segmentation_quality(lung_probability, mask);
  return lungs;
}

bool is_trusted(const LungBox& lungs, double threshold) {
  return !lungs.box.empty() && lungs.quality > threshold;
}

cv::Rect choose_crop(const LungBox& lungs, double threshold, cv::Size image_size) {
  return is_trusted(lungs, threshold) ? lungs.box : cv::Rect({}, image_size);
}

}  // namespace cxr
