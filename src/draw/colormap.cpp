#include "colormap.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/suggestion.h"
#include "colormap_tables.h"
#include "cxr/error.h"

namespace cxr {
namespace {

using Colours = std::vector<cv::Vec3b>;  ///< BGR, from low to high values

Colours parse_colours(const std::string& hex) {
  constexpr std::size_t kDigits = 6;
  Colours colours;
  for (std::size_t at = 0; at + kDigits <= hex.size(); at += kDigits) {
    unsigned value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + kDigits, value, 16);
    colours.emplace_back(static_cast<uchar>(value), static_cast<uchar>(value >> 8U),
                         static_cast<uchar>(value >> 16U));
  }
  return colours;
}

/// All maps and, with `_r` behind their names, their reverses.
const std::map<std::string, Colours>& all_maps() {
  static const std::map<std::string, Colours> maps = [] {
    std::map<std::string, Colours> all;
    for (const auto& [name, hex] : colormap_tables()) {
      const Colours colours = parse_colours(hex);
      all[name] = colours;
      all[name + "_r"] = Colours(colours.rbegin(), colours.rend());
    }
    return all;
  }();
  return maps;
}

const Colours& find_map(const std::string& name) {
  const auto found = all_maps().find(name);
  if (found != all_maps().end()) return found->second;
  throw UsageError("colormap", name, "unknown colour map" + did_you_mean(name, colormap_names()));
}

/// As matplotlib finds it: the range is cut into as many equal parts as there are colours. NaN is
/// the lowest.
cv::Vec3b colour_of(float value, const Colours& colours) {
  if (!(value > 0)) return colours.front();
  const auto count = static_cast<float>(colours.size());
  const auto index = static_cast<std::size_t>(std::min(value, 1.0F) * count);
  return colours[std::min(index, colours.size() - 1)];
}

}  // namespace

const std::vector<std::string>& colormap_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, colours] : all_maps()) all.push_back(name);
    return all;
  }();
  return names;
}

cv::Mat apply_colormap(const cv::Mat& values, const std::string& name) {
  const Colours& colours = find_map(name);
  cv::Mat coloured(values.size(), CV_8UC3);
  for (int y = 0; y < values.rows; ++y) {
    const auto* row = values.ptr<float>(y);
    std::transform(row, row + values.cols, coloured.ptr<cv::Vec3b>(y),
                   [&](float value) { return colour_of(value, colours); });
  }
  return coloured;
}

cv::Mat heat_opacity(const cv::Mat& heat) {
  cv::Mat opacity;
  cv::min(cv::max(2 * heat, 0), 1, opacity);
  return opacity;
}

}  // namespace cxr
