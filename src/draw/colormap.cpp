#include "colormap.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "cxr/error.h"

namespace cxr {
namespace {

/// CIELAB in polar coordinates (Moreland, section 5): magnitude, saturation and hue. Colours of
/// equal magnitude look equally far from black; a straight line in this space looks smooth.
struct Msh {
  double magnitude;
  double saturation;  ///< angle from the grey axis
  double hue;         ///< angle around that axis
};

Msh to_msh(const cv::Vec3f& lab) {
  const double magnitude = cv::norm(lab);
  return {magnitude, std::acos(lab[0] / magnitude), std::atan2(lab[2], lab[1])};
}

cv::Vec3f to_lab(const Msh& c) {
  const double chroma = c.magnitude * std::sin(c.saturation);
  return cv::Vec3d{c.magnitude * std::cos(c.saturation), chroma * std::cos(c.hue),
                   chroma * std::sin(c.hue)};
}

Msh interpolate(const Msh& a, const Msh& b, double t) {
  return {std::lerp(a.magnitude, b.magnitude, t), std::lerp(a.saturation, b.saturation, t),
          std::lerp(a.hue, b.hue, t)};
}

/// The grey in the middle, for the line from `end`. Grey has no hue; the hue it is given bends the
/// line so that its steps look even.
Msh middle_grey(const Msh& end, double magnitude) {
  const double spin = end.saturation * std::sqrt(std::pow(magnitude / end.magnitude, 2) - 1) /
                      std::sin(end.saturation);
  const bool is_purple = end.hue <= -std::numbers::pi / 3;  // turn away from purple, not into it
  return {magnitude, 0, end.hue + (is_purple ? -spin : spin)};
}

/// 256 colours, 256 x 1, CV_8UC3 in BGR.
cv::Mat make_coolwarm() {
  cv::Mat ends = (cv::Mat_<cv::Vec3f>(2, 1) << cv::Vec3f(59, 76, 192), cv::Vec3f(180, 4, 38));
  cv::cvtColor(ends / 255, ends, cv::COLOR_RGB2Lab);
  const Msh cool = to_msh(ends.at<cv::Vec3f>(0));
  const Msh warm = to_msh(ends.at<cv::Vec3f>(1));
  const double white = std::max({cool.magnitude, warm.magnitude, 88.0});

  cv::Mat_<cv::Vec3f> colours(256, 1);
  for (int i = 0; i < colours.rows; ++i) {
    const double t = i / 255.0;
    colours(i) = to_lab(t < 0.5 ? interpolate(cool, middle_grey(cool, white), 2 * t)
                                : interpolate(middle_grey(warm, white), warm, 2 * t - 1));
  }
  cv::Mat table;
  cv::cvtColor(colours, colours, cv::COLOR_Lab2BGR);
  colours.convertTo(table, CV_8U, 255);
  return table;
}

/// OpenCV's number for a map; empty for our own.
struct NamedMap {
  const char* name;
  std::optional<int> opencv;
};

constexpr NamedMap kMaps[] = {{"coolwarm", {}},
                              {"gray", {}},
                              {"inferno", cv::COLORMAP_INFERNO},
                              {"jet", cv::COLORMAP_JET},
                              {"turbo", cv::COLORMAP_TURBO},
                              {"viridis", cv::COLORMAP_VIRIDIS}};

const NamedMap& find_map(const std::string& name) {
  const auto* map = std::find_if(std::begin(kMaps), std::end(kMaps),
                                 [&](const NamedMap& known) { return known.name == name; });
  if (map != std::end(kMaps)) return *map;
  throw UsageError("colormap", name,
                   "unknown colour map; must be one of " + join(colormap_names()));
}

/// 0..1 as 0..255; NaN becomes 0.
uchar to_level(float value) {
  return value > 0 ? cv::saturate_cast<uchar>(std::min(value, 1.0F) * 255) : uchar{0};
}

cv::Mat to_levels(const cv::Mat& values) {
  cv::Mat levels(values.size(), CV_8UC1);
  for (int y = 0; y < values.rows; ++y) {
    const auto* row = values.ptr<float>(y);
    std::transform(row, row + values.cols, levels.ptr(y), to_level);
  }
  return levels;
}

}  // namespace

const std::vector<std::string>& colormap_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const NamedMap& map : kMaps) all.emplace_back(map.name);
    return all;
  }();
  return names;
}

cv::Mat apply_colormap(const cv::Mat& values, const std::string& name) {
  static const cv::Mat coolwarm = make_coolwarm();
  const NamedMap& map = find_map(name);
  const cv::Mat levels = to_levels(values);
  cv::Mat coloured;
  if (map.opencv) {
    cv::applyColorMap(levels, coloured, *map.opencv);
  } else if (name == "gray") {
    cv::cvtColor(levels, coloured, cv::COLOR_GRAY2BGR);
  } else {
    cv::applyColorMap(levels, coloured, coolwarm);
  }
  return coloured;
}

cv::Mat heat_opacity(const cv::Mat& heat) {
  cv::Mat opacity;
  cv::min(cv::max(2 * heat, 0), 1, opacity);
  return opacity;
}

}  // namespace cxr
