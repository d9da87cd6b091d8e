#include "heat_inside_lungs.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "pipeline/crop.h"

namespace cxr {
namespace {

constexpr double kHot = 0.8;
constexpr double kMargin = 0.05;

/// The lung mask in the crop, at the image's resolution, dilated by `reach` pixels.
cv::Mat dilated_lungs(const Analysis& analysis, double reach) {
  const auto& [result, intermediates] = analysis;
  const cv::Mat mask = mask_at(intermediates.lung_mask, result.image_size);
  // The time of a distance map does not grow with the reach, which can be 100 pixels.
  cv::Mat distance;
  cv::distanceTransform(mask(result.crop) == 0, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return distance <= reach;
}

}  // namespace

Measure heat_inside_lungs(const Analysis& analysis) {
  const cv::Rect& box = analysis.result.lungs.box;
  const cv::Mat& heat = analysis.intermediates.heat_map;
  double highest = 0;
  cv::minMaxLoc(heat, nullptr, &highest);
  if (box.empty() || highest <= 0) return std::nullopt;

  const cv::Mat hot = heat >= kHot * highest;
  const cv::Mat lungs = dilated_lungs(analysis, kMargin * std::max(box.width, box.height));
  const auto mass = [&](const cv::Mat& where) {
    return cv::mean(heat, where)[0] * cv::countNonZero(where);
  };
  return mass(hot & lungs) / mass(hot);
}

}  // namespace cxr
