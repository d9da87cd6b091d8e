#include "minimise.h"

namespace cxr {

void minimise(const std::vector<torch::Tensor>& variables,
              const std::function<torch::Tensor()>& loss) {
  const torch::AutoGradMode with_gradients(true);
  torch::optim::LBFGS optimizer(variables, torch::optim::LBFGSOptions(1)
                                               .max_iter(200)
                                               .tolerance_grad(1e-8)
                                               .tolerance_change(1e-10)
                                               .line_search_fn("strong_wolfe"));
  optimizer.step([&] {
    optimizer.zero_grad();
    const torch::Tensor value = loss();
    value.backward();
    return value;
  });
}

}  // namespace cxr
