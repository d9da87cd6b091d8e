#include "cxr/crop.h"

#include <opencv2/imgproc.hpp>

namespace cxr {

cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size) {
  cv::Mat mask;
  cv::resize(lung_mask, mask, image_size, 0, 0, cv::INTER_LINEAR);
  cv::threshold(mask, mask, 127, 255, cv::THRESH_BINARY);
  return mask;
}

cv::Mat isolate_lungs(const cv::Mat& image, const cv::Mat& lungs) {
  if (cv::countNonZero(lungs) == 0) return image.clone();
  cv::Mat isolated(image.size(), image.type(), cv::mean(image, lungs));
  image.copyTo(isolated, lungs);
  return isolated;
}

cv::Mat crop_radiograph(const cv::Mat& image, const LungBox& lungs, const cv::Mat& lung_mask,
                        double threshold, OutsideLungs outside) {
  const cv::Rect crop = choose_crop(lungs, threshold, image.size());
  if (outside == OutsideLungs::keep || !is_trusted(lungs, threshold)) return image(crop);
  return isolate_lungs(image(crop), mask_at(lung_mask, image.size())(crop));
}

}  // namespace cxr
