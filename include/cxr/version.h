#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cxr {

/// `0.1.0`
std::string version();

/// The libraries it runs with, and their versions: LibTorch, OpenCV, DCMTK, CharLS, JSON.
std::vector<std::pair<std::string, std::string>> library_versions();

/// The instructions that LibTorch uses of this processor: `AVX512`, `AVX2`, `DEFAULT`.
std::string cpu_capability();

}  // namespace cxr
