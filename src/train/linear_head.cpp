#include "linear_head.h"

#include "minimise.h"

namespace cxr {

torch::Tensor LinearHead::logits(const torch::Tensor& features) const {
  return features.matmul(weight.t()) + bias;
}

LinearHead fit_head(const HeadExamples& examples, const LinearHead& start, double strength) {
  const auto classes = static_cast<std::size_t>(start.bias.size(0));
  const torch::Tensor centre = examples.features.mean(0);
  const torch::Tensor centred = examples.features - centre;
  const torch::Tensor spread = centred.square().sum(1).mean().sqrt().clamp_min(1e-6);
  const torch::Tensor scaled = centred / spread;
  const torch::Tensor before = start.logits(examples.features) + absence(examples.labels, classes);
  const torch::Tensor weight = torch::zeros_like(start.weight).set_requires_grad(true);
  const torch::Tensor bias = torch::zeros_like(start.bias).set_requires_grad(true);
  minimise({weight, bias}, [&] {
    const torch::Tensor logits = before + scaled.matmul(weight.t()) + bias;
    return cross_entropy(logits, examples.labels, examples.weights) +
           strength * (weight.square().sum() + bias.square().sum());
  });
  const torch::Tensor change = weight.detach() / spread;
  return {start.weight + change, start.bias + bias.detach() - change.matmul(centre)};
}

torch::Tensor absence(const std::vector<std::size_t>& labels, std::size_t classes) {
  constexpr double kNever = -1e9;
  std::vector<double> absent(classes, kNever);
  for (const std::size_t label : labels) absent[label] = 0;
  return torch::tensor(absent, torch::kDouble);
}

torch::Tensor cross_entropy(const torch::Tensor& logits, const std::vector<std::size_t>& labels,
                            const std::vector<double>& weights) {
  const torch::Tensor index =
      torch::tensor(std::vector<std::int64_t>(labels.begin(), labels.end()));
  const torch::Tensor right = logits.log_softmax(1).gather(1, index.unsqueeze(1)).squeeze(1);
  return -(torch::tensor(weights, torch::kDouble) * right).sum();
}

}  // namespace cxr
