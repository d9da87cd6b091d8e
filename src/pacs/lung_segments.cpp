#include "lung_segments.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "cxr/lung_box.h"

namespace cxr {
namespace {

struct Body {
  cv::Mat mask;
  cv::Rect box;
  double centre = 0;  ///< column
};

std::vector<Body> bodies_of(const cv::Mat& mask, double smallest_component) {
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
  std::vector<Body> bodies;
  for (int label = 1; label < count; ++label) {
    const int* values = stats.ptr<int>(label);
    const cv::Rect box(values[cv::CC_STAT_LEFT], values[cv::CC_STAT_TOP], values[cv::CC_STAT_WIDTH],
                       values[cv::CC_STAT_HEIGHT]);
    if (box.area() <= smallest_component * static_cast<double>(mask.total())) continue;
    bodies.push_back({labels == label, box, centres.at<double>(label, 0)});
  }
  std::ranges::sort(bodies, {}, &Body::centre);
  return bodies;
}

/// Whether neither centre lies in the columns of the other body.
bool are_side_by_side(const Body& one, const Body& other) {
  return one.centre < other.box.x && other.centre >= one.box.br().x;
}

/// Undoes what read_radiograph() does to bring a film upright.
cv::Mat on_stored_pixels(const cv::Mat& mask, cv::Size upright, const DicomSource& source) {
  cv::Mat stored;
  cv::resize(mask, stored, upright, 0, 0, cv::INTER_NEAREST);
  stored = turned_back(stored, source.turn);
  if (stored.size() != source.size) {  // it was stretched
    cv::resize(stored, stored, source.size, 0, 0, cv::INTER_NEAREST);
  }
  return stored / 255;
}

}  // namespace

std::vector<LungSegment> lung_segments(const cv::Mat& mask, cv::Size upright,
                                       const DicomSource& source, double smallest_component) {
  const std::vector<Body> bodies = bodies_of(mask, smallest_component);
  if (bodies.empty()) return {};
  const auto segment = [&](LungSide side, const cv::Mat& part) {
    return LungSegment{side, on_stored_pixels(part, upright, source)};
  };
  if (bodies.size() == 2 && are_side_by_side(bodies[0], bodies[1])) {
    return {segment(LungSide::right, bodies[0].mask), segment(LungSide::left, bodies[1].mask)};
  }
  cv::Mat all = cv::Mat::zeros(mask.size(), CV_8UC1);
  for (const Body& body : bodies) all |= body.mask;
  return {segment(LungSide::both, all)};
}

}  // namespace cxr
