#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace cxr {

/// A dense row-major array of floats: what goes into a network and comes out of it.
struct NdArray {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  ///< as many as the product of the shape

  NdArray() = default;
  explicit NdArray(std::vector<std::int64_t> dimensions)
      : shape(std::move(dimensions)),
        values(static_cast<std::size_t>(
            std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()))) {}

  /// Number of values in one element of the first dimension.
  std::size_t stride() const {
    return shape.empty() || shape[0] == 0 ? 0 : values.size() / static_cast<std::size_t>(shape[0]);
  }
  /// The first value of element `i` of the first dimension.
  const float* at(std::size_t i) const { return values.data() + i * stride(); }
  float* at(std::size_t i) { return values.data() + i * stride(); }
};

}  // namespace cxr
