#include "temperature.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cxr {
namespace {

double negative_log_likelihood(const NdArray& logits, const std::vector<std::size_t>& labels,
                               double temperature) {
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* row = logits.at(i);
    const double largest = *std::max_element(row, row + logits.stride());
    double total = 0;
    for (std::size_t c = 0; c < logits.stride(); ++c) {
      total += std::exp((row[c] - largest) / temperature);
    }
    sum += std::log(total) - (row[labels[i]] - largest) / temperature;
  }
  return sum;
}

}  // namespace

float fit_temperature(const NdArray& logits, const std::vector<std::size_t>& labels) {
  // Golden-section search: the likelihood has one peak.
  constexpr double kTolerance = 1e-4;
  double low = std::log(0.05);
  double high = std::log(20.0);
  while (high - low > kTolerance) {
    const double step = (high - low) / std::numbers::phi;
    const auto at = [&](double x) { return negative_log_likelihood(logits, labels, std::exp(x)); };
    if (at(high - step) < at(low + step)) {
      high = low + step;
    } else {
      low = high - step;
    }
  }
  return static_cast<float>(std::exp((low + high) / 2));
}

}  // namespace cxr
