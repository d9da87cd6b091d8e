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

/// Brightness of lungs from which on an image may be a negative.
constexpr double kSuspicious = -3;

/// Whether `image` is certainly a negative, judged by it and by its inverse. Where the difference
/// of their brightness says little, the segmenter's certainty does: it knows films better than
/// negatives.
bool is_negative(const cv::Mat& image, const Segmentation& segmentation, const cv::Mat& inverse,
                 const Segmentation& of_inverse, double smallest_component) {
  constexpr double kCertain = 8;                // grey levels, of both together
  constexpr double kGreyLevelsOfQuality = 150;  // of a difference of 1
  const auto lungs_of = [&](const Segmentation& found) {
    return find_lung_box(found.lung_probability, found.mask, image.size(), smallest_component);
  };
  const LungBox lungs = lungs_of(of_inverse);
  const double brightness = brightness_of(image, segmentation) - brightness_of(inverse, of_inverse);
  const double quality = lungs.quality - lungs_of(segmentation).quality;
  return is_trusted(lungs, kTrustedQuality) &&
         brightness + kGreyLevelsOfQuality * quality > kCertain;
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
    const auto brightness = lung_brightness(images[i], segmentations[i].mask);
    if (!brightness || *brightness <= kSuspicious) continue;
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
