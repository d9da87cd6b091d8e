#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "cxr/error.h"
#include "cxr/network.h"

namespace cxr {

/// Throws Error of `stage` where what a network says of one image is not made of numbers. Checked
/// image by image: one must not touch the others of its batch.
inline void require_finite(std::span<const float> output, const std::string& stage,
                           const Network& network) {
  if (std::ranges::all_of(output, [](float value) { return std::isfinite(value); })) return;
  throw Error(stage, network.contract().name,
              "the network's output is not finite: its file is damaged or was badly trained");
}

}  // namespace cxr
