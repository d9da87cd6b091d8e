#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cxr {

/// The colours of matplotlib's maps, from low to high values, as `rrggbb` each: 8 to 510 of them.
/// Without the reversed maps, and without `gist_gray` and `gist_yarg`, which are `gray` and
/// `binary`.
const std::map<std::string, std::string_view>& colormap_tables();

}  // namespace cxr
