#include "tensor.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace cxr {

torch::Tensor view(const NdArray& array) {
  // from_blob only reads, whatever its signature says.
  return torch::from_blob(const_cast<float*>(array.values.data()), array.shape);
}

NdArray to_ndarray(const torch::Tensor& tensor) {
  const auto source = tensor.to(torch::kFloat).contiguous();
  NdArray array(source.sizes().vec());
  std::copy_n(source.data_ptr<float>(), array.values.size(), array.values.begin());
  return array;
}

void use_all_cores() {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  if (std::getenv("OMP_NUM_THREADS") == nullptr && cores > 1) at::set_num_threads(cores);
}

}  // namespace cxr
