#include "polarity.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "cxr/lung_box.h"

namespace cxr {
namespace {

/// 0 without lungs.
double brightness_of(const cv::Mat& image, const Segmentation& segmentation) {
  return lung_brightness(image, segmentation.mask).value_or(0);
}

/// Whether `image` is certainly a negative, judged by it and by its inverse.
bool is_negative(const cv::Mat& image, const Segmentation& segmentation, const cv::Mat& inverse,
                 const Segmentation& of_inverse, double smallest_component) {
  constexpr double kCertain = 8;  // grey levels, of both together
  const LungBox lungs = find_lung_box(of_inverse.lung_probability, of_inverse.mask, inverse.size(),
                                      smallest_component);
  return is_trusted(lungs, kTrustedQuality) &&
         brightness_of(image, segmentation) - brightness_of(inverse, of_inverse) > kCertain;
}

}  // namespace

std::optional<double> lung_brightness(const cv::Mat& radiograph, const cv::Mat& lung_mask) {
  constexpr double kRing = 0.05;  // of the mask's longer side
  const int reach = std::max(1, cvRound(kRing * std::max(lung_mask.rows, lung_mask.cols)));
  cv::Mat around;
  cv::dilate(lung_mask, around,
             cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1}));
  around -= lung_mask;
  if (cv::countNonZero(lung_mask) == 0 || cv::countNonZero(around) == 0) return std::nullopt;
  cv::Mat small;
  cv::resize(radiograph, small, lung_mask.size(), 0, 0, cv::INTER_NEAREST);  // enough for means
  return cv::mean(small, lung_mask)[0] - cv::mean(small, around)[0];
}

std::vector<bool> turn_negatives(const Network& segmenter, std::vector<cv::Mat>& images,
                                 std::vector<Segmentation>& segmentations,
                                 double smallest_component) {
  std::vector<std::size_t> suspects;
  std::vector<cv::Mat> inverses;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (brightness_of(images[i], segmentations[i]) <= 0) continue;
    suspects.push_back(i);
    inverses.emplace_back(255 - images[i]);
  }
  const std::vector<Segmentation> of_inverses = segment(segmenter, inverses);
  std::vector<bool> is_turned(images.size());
  for (std::size_t k = 0; k < suspects.size(); ++k) {
    const std::size_t i = suspects[k];
    is_turned[i] =
        is_negative(images[i], segmentations[i], inverses[k], of_inverses[k], smallest_component);
    if (!is_turned[i]) continue;
    images[i] = inverses[k];
    segmentations[i] = of_inverses[k];
  }
  return is_turned;
}

}  // namespace cxr
