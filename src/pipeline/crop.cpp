#include "crop.h"

#include <opencv2/imgproc.hpp>
#include <vector>

namespace cxr {
namespace {

/// The table that equalises the histogram of the masked pixels: the share of them that is darker,
/// with half of those that are as dark.
cv::Mat equalizing_table(const cv::Mat& image, const cv::Mat& mask) {
  cv::Mat histogram;
  cv::calcHist(std::vector{image}, {0}, mask, histogram, {256}, {0, 256});
  const auto pixels = static_cast<float>(cv::countNonZero(mask));
  cv::Mat table(1, 256, CV_8UC1);
  float darker = 0;
  for (int tone = 0; tone < 256; ++tone) {
    const float alike = histogram.at<float>(tone);
    table.at<uchar>(tone) = cv::saturate_cast<uchar>(255 * (darker + alike / 2) / pixels);
    darker += alike;
  }
  return table;
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
  cv::Mat equalized;
  cv::LUT(image, equalizing_table(image, lungs), equalized);
  cv::Mat isolated(image.size(), image.type(), cv::Scalar(128));
  equalized.copyTo(isolated, lungs);
  return isolated;
}

cv::Mat crop_radiograph(const cv::Mat& image, const LungBox& lungs, const cv::Mat& lung_mask,
                        double threshold, OutsideLungs outside) {
  const cv::Rect crop = choose_crop(lungs, threshold, image.size());
  if (outside == OutsideLungs::keep || !is_trusted(lungs, threshold)) return image(crop);
  return isolate_lungs(image(crop), mask_at(lung_mask, image.size())(crop));
}

}  // namespace cxr
