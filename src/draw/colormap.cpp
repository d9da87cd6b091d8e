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

Colours parse_colours(std::string_view hex) {
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

/// Other names of maps.
const std::map<std::string, std::string>& synonyms() {
  static const std::map<std::string, std::string> names{{"gist_gray", "gray"},
                                                        {"gist_yarg", "binary"}};
  return names;
}

Colours find_map(const std::string& name) {
  const bool is_reversed = name.ends_with("_r");
  const std::string forward = is_reversed ? name.substr(0, name.size() - 2) : name;
  const auto synonym = synonyms().find(forward);
  const auto found =
      colormap_tables().find(synonym == synonyms().end() ? forward : synonym->second);
  if (found == colormap_tables().end()) {
    throw UsageError("colormap", name, "unknown colour map" + did_you_mean(name, colormap_names()));
  }
  Colours colours = parse_colours(found->second);
  if (is_reversed) std::ranges::reverse(colours);
  return colours;
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
    const auto add = [&](const auto& maps) {
      for (const auto& map : maps) all.insert(all.end(), {map.first, map.first + "_r"});
    };
    add(colormap_tables());
    add(synonyms());
    std::ranges::sort(all);
    return all;
  }();
  return names;
}

cv::Mat apply_colormap(const cv::Mat& values, const std::string& name) {
  const Colours colours = find_map(name);
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
