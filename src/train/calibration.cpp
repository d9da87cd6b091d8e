#include "calibration.h"

#include <algorithm>
#include <cmath>
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

namespace {

/// How improbable the labels of some films are under exp(scale) * logits + offsets.
class LabelLoss {
 public:
  explicit LabelLoss(const JudgedFilms& films)
      : logits_(as_tensor(films.logits).to(torch::kDouble)),
        labels_(films.labels),
        weights_(calibration_weights(films)),
        absent_(absence(films.labels, films.logits.stride())) {}

  torch::Tensor variable_offsets() const {
    return torch::zeros_like(absent_).set_requires_grad(true);
  }
  torch::Tensor operator()(const torch::Tensor& scale, const torch::Tensor& offsets) const {
    constexpr double kPrior = 1e-4;
    return cross_entropy(logits_ * scale.exp() + offsets + absent_, labels_, weights_) +
           kPrior * (scale.square() + offsets.square().sum());
  }

 private:
  torch::Tensor logits_;
  std::vector<std::size_t> labels_;
  std::vector<double> weights_;
  torch::Tensor absent_;
};

torch::Tensor variable_scale() { return torch::zeros({}, torch::kDouble).set_requires_grad(true); }

float temperature_of(const torch::Tensor& scale) {
  return static_cast<float>(std::exp(-scale.item<double>()));
}

std::string named_sources(const std::vector<JudgedFilms>& parts) {
  std::size_t films = 0;
  std::set<std::string> sources;
  for (const JudgedFilms& part : parts) {
    films += part.labels.size();
    sources.insert(part.sources.begin(), part.sources.end());
  }
  sources.erase("");
  return std::to_string(films) + " films" + (sources.empty() ? "" : " of ") +
         join({sources.begin(), sources.end()});
}

}  // namespace

Calibration fit_calibration(const JudgedFilms& films, std::optional<float> temperature) {
  const LabelLoss loss(films);
  const torch::Tensor offsets = loss.variable_offsets();
  if (temperature) {
    const torch::Tensor scale = torch::full({}, -std::log(double{*temperature}), torch::kDouble);
    minimise({offsets}, [&] { return loss(scale, offsets); });
    return {*temperature, to_ndarray(offsets.detach()).values};
  }
  const torch::Tensor scale = variable_scale();
  minimise({scale, offsets}, [&] { return loss(scale, offsets); });
  return {temperature_of(scale), to_ndarray(offsets.detach()).values};
}

float fit_temperature(const std::vector<JudgedFilms>& folds) {
  const std::vector<LabelLoss> losses(folds.begin(), folds.end());
  const torch::Tensor scale = variable_scale();
  std::vector<torch::Tensor> variables{scale};
  for (const LabelLoss& loss : losses) variables.push_back(loss.variable_offsets());
  minimise(variables, [&] {
    torch::Tensor sum = torch::zeros({}, torch::kDouble);
    for (std::size_t i = 0; i < losses.size(); ++i) sum = sum + losses[i](scale, variables[i + 1]);
    return sum;
  });
  return temperature_of(scale);
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

void calibrate(const JudgedFilms& films, Contract& contract,
               const std::vector<JudgedFilms>& folds) {
  const auto shared = folds.empty() ? std::nullopt : std::optional(fit_temperature(folds));
  const auto [temperature, offsets] = fit_calibration(films, shared);
  contract.temperature = temperature;
  contract.offsets = offsets;
  contract.conformal = fit_conformal(softmax(calibrated(films.logits, contract)), films.labels);
  contract.calibrated_on = named_sources({films});
  if (shared) contract.calibrated_on += ", temperature by " + named_sources(folds) + ", held out";
}

}  // namespace cxr
