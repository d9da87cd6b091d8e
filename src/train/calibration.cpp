#include "calibration.h"

#include <algorithm>
#include <set>

#include "cxr/error.h"
#include "linear_head.h"
#include "minimise.h"
#include "network/tensor.h"
#include "pipeline/classify.h"
#include "sampling.h"

namespace cxr {

std::vector<double> calibration_weights(const JudgedFilms& films) {
  std::vector<std::string> labels;
  for (const std::size_t label : films.labels) labels.push_back(std::to_string(label));
  return balanced_weights(labels, films.sources);
}

Calibration fit_calibration(const JudgedFilms& films) {
  constexpr double kPrior = 1e-4;
  const torch::Tensor logits = as_tensor(films.logits).to(torch::kDouble);
  const std::vector<double> weights = calibration_weights(films);
  const torch::Tensor absent = absence(films.labels, films.logits.stride());
  const torch::Tensor scale = torch::zeros({}, torch::kDouble).set_requires_grad(true);
  const torch::Tensor offsets = torch::zeros_like(absent).set_requires_grad(true);
  minimise({scale, offsets}, [&] {
    const torch::Tensor moved = logits * scale.exp() + offsets + absent;
    return cross_entropy(moved, films.labels, weights) +
           kPrior * (scale.square() + offsets.square().sum());
  });
  return {static_cast<float>(std::exp(-scale.item<double>())), to_ndarray(offsets.detach()).values};
}

std::vector<float> fit_conformal(const NdArray& probabilities,
                                 const std::vector<std::size_t>& labels) {
  std::vector<float> thresholds;
  for (std::size_t c = 0; c < probabilities.stride(); ++c) {
    std::vector<float> own;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == c) own.push_back(probabilities.at(i)[c]);
    }
    const std::size_t k = (9 * (own.size() + 1) + 9) / 10;  // rounded up
    std::ranges::sort(own, std::ranges::greater());
    thresholds.push_back(k > own.size() ? 0.0F : own[k - 1]);
  }
  return thresholds;
}

void calibrate(const JudgedFilms& films, Contract& contract) {
  const auto [temperature, offsets] = fit_calibration(films);
  contract.temperature = temperature;
  contract.offsets = offsets;
  contract.conformal = fit_conformal(softmax(calibrated(films.logits, contract)), films.labels);
  std::set<std::string> sources(films.sources.begin(), films.sources.end());
  sources.erase("");
  contract.calibrated_on = std::to_string(films.labels.size()) + " films" +
                           (sources.empty() ? "" : " of ") + join({sources.begin(), sources.end()});
}

}  // namespace cxr
