#include "threads.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/core/utility.hpp>

namespace cxr {

int thread_count(int wanted) {
  if (wanted > 0) return wanted;
  if (const char* stated = std::getenv("OMP_NUM_THREADS")) return std::max(1, std::atoi(stated));
  return std::max(1, cv::getNumberOfCPUs());  // knows affinity and control groups
}

void use_threads(int count) {
  at::set_num_threads(count);
  cv::setNumThreads(std::min(count, cv::getNumberOfCPUs()));  // for more, TBB warns
}

OneCoreEach::OneCoreEach()
    : torch_threads_(at::get_num_threads()), opencv_threads_(cv::getNumThreads()) {
  at::set_num_threads(1);
  cv::setNumThreads(1);
}

OneCoreEach::~OneCoreEach() {
  at::set_num_threads(torch_threads_);
  cv::setNumThreads(opencv_threads_);
}

// OpenMP, and with it oneDNN, counts for each thread apart.
void OneCoreEach::begin_thread() { at::set_num_threads(1); }

}  // namespace cxr
