#pragma once

#include <array>
#include <optional>
#include <string>

#include "cxr/names.h"

namespace cxr {

enum class Layout {
  overlay,  ///< the heat map over the radiograph
  panels    ///< radiograph, lungs, enhanced crop and overlay side by side
};

constexpr auto names(Layout /*unused*/) {
  return std::array{Named<Layout>{Layout::overlay, "overlay"},
                    Named<Layout>{Layout::panels, "panels"}};
}

/// How heat-map pictures are drawn (`heatmap` in the configuration).
struct HeatmapOptions {
  std::string cmap = "coolwarm";  ///< a name of colormap_names()
  double xray_opacity = 0.75;     ///< of the radiograph over the map, 0..1
  /// Longest side of the picture, in inches at 100 dots an inch, 2 to 40. None: the radiograph
  /// keeps its own size.
  std::optional<double> figsize = 8;
  Layout layout = Layout::overlay;
  /// Whether the map is equally opaque everywhere, as the original program draws it; otherwise its
  /// opacity follows its values, and nothing is painted where it is zero.
  bool is_even = false;
};

}  // namespace cxr
