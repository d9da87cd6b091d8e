#include "heat_inside_lungs.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "cxr/crop.h"

namespace cxr {
namespace {

constexpr double kHot = 0.8;
constexpr double kWidened = 0.05;

/// The mask of the crop at the image's resolution, with all that is no farther than `reach`.
cv::Mat widened_lungs(const Study& study, double reach) {
  const auto& [finding, views] = study;
  const cv::Mat mask = mask_at(views.lung_mask, finding.image_size);
  // A distance map takes the same time whatever the reach, which may be a hundred pixels.
  cv::Mat distance;
  cv::distanceTransform(mask(finding.crop) == 0, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return distance <= reach;
}

}  // namespace

Measure heat_inside_lungs(const Study& study) {
  const cv::Rect& box = study.finding.lungs.box;
  const cv::Mat& heat = study.views.heat_map;
  double highest = 0;
  cv::minMaxLoc(heat, nullptr, &highest);
  if (box.empty() || highest <= 0) return std::nullopt;

  const cv::Mat hot = heat >= kHot * highest;
  const cv::Mat lungs = widened_lungs(study, kWidened * std::max(box.width, box.height));
  const auto mass = [&](const cv::Mat& where) {
    return cv::mean(heat, where)[0] * cv::countNonZero(where);
  };
  return mass(hot & lungs) / mass(hot);
}

}  // namespace cxr
