#include "tensor.h"

#include <algorithm>

namespace cxr {

torch::Tensor as_tensor(const NdArray& array) {
  // from_blob only reads, whatever its signature says.
  return torch::from_blob(const_cast<float*>(array.values.data()), array.shape);
}

NdArray to_ndarray(const torch::Tensor& tensor) {
  const auto source = tensor.to(torch::kFloat).contiguous();
  NdArray array(source.sizes().vec());
  std::copy_n(source.data_ptr<float>(), array.values.size(), array.values.begin());
  return array;
}

std::map<std::string, torch::Tensor> named_tensors(const torch::jit::Module& network) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& parameter : network.named_parameters()) {
    tensors[parameter.name] = parameter.value;
  }
  for (const auto& buffer : network.named_buffers()) tensors[buffer.name] = buffer.value;
  return tensors;
}

}  // namespace cxr
