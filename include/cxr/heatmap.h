#pragma once

#include <array>
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
  double figsize = 8;             ///< inches at 100 dots an inch, 2 to 40: longest side
  Layout layout = Layout::overlay;
};

}  // namespace cxr
