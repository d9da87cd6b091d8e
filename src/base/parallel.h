#pragma once

#include <cstddef>
#include <functional>
#include <opencv2/core.hpp>

namespace cxr {

/// Calls `step` with 0 to `count` - 1, on all cores.
inline void parallel_for(std::size_t count, const std::function<void(std::size_t)>& step) {
  cv::parallel_for_(cv::Range(0, static_cast<int>(count)), [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; ++i) step(static_cast<std::size_t>(i));
  });
}

}  // namespace cxr
