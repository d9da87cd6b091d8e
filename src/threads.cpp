#include "threads.h"

#include <ATen/Parallel.h>

#include <cstdlib>
#include <opencv2/core/utility.hpp>

namespace cxr {

void use_threads(int count) {
  if (count > 0) {
    at::set_num_threads(count);
    cv::setNumThreads(count);
    return;
  }
  const int cores = cv::getNumberOfCPUs();  // knows affinity and control groups
  if (std::getenv("OMP_NUM_THREADS") == nullptr && cores > 1) at::set_num_threads(cores);
}

}  // namespace cxr
