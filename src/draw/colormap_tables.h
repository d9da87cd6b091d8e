#pragma once

#include <map>
#include <string>

namespace cxr {

/// The colours of matplotlib's maps, from low to high values, as `rrggbb` each: 8 to 510 of them.
/// Without the reversed maps.
const std::map<std::string, std::string>& colormap_tables();

}  // namespace cxr
