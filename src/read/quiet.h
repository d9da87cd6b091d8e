#pragma once

#include <functional>

namespace cxr {

/// Runs a step on a thread of its own that has no standard error: decoders below OpenCV (libpng,
/// libjpeg, OpenJPEG, libtiff) and DCMTK write their complaints there, and what matters of them is
/// in the errors that we throw. Other threads are not affected. What the step throws is thrown.
///
/// Where the kernel refuses the thread file descriptors of its own (Linux before 5.9 in some
/// containers, other systems), the step runs all the same.
void run_quietly(const std::function<void()>& step);

}  // namespace cxr
