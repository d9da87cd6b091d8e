#pragma once

namespace cxr {

/// Lets LibTorch and OpenCV use so many threads; 0: one a core, or OMP_NUM_THREADS. In some builds
/// LibTorch starts with one.
void use_threads(int count);

}  // namespace cxr
