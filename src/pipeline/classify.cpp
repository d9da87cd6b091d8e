#include "classify.h"

#include <algorithm>
#include <cmath>

#include "network/network_input.h"

namespace cxr {

NdArray calibrated(const NdArray& logits, const Contract& contract) {
  NdArray scaled = logits;
  const std::size_t classes = logits.stride();
  for (std::size_t i = 0; i < scaled.values.size(); ++i) {
    const float offset = contract.offsets.empty() ? 0.0F : contract.offsets[i % classes];
    scaled.values[i] = scaled.values[i] / contract.temperature + offset;
  }
  return scaled;
}

NdArray softmax(const NdArray& logits) {
  NdArray probabilities(logits.shape);
  const std::size_t classes = logits.stride();
  for (std::size_t i = 0; i * classes < logits.values.size(); ++i) {
    const float* row = logits.at(i);
    float* out = probabilities.at(i);
    const float largest = *std::max_element(row, row + classes);
    float sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      out[c] = std::exp(row[c] - largest);
      sum += out[c];
    }
    std::for_each(out, out + classes, [sum](float& value) { value /= sum; });
  }
  return probabilities;
}

std::vector<std::string> prediction_set(const float* probabilities, const Contract& contract) {
  std::vector<std::string> classes;
  for (std::size_t c = 0; c < contract.classes.size(); ++c) {
    if (probabilities[c] >= contract.conformal[c]) classes.push_back(contract.classes[c]);
  }
  return classes;
}

Classification classify(const Network& classifier, const std::vector<cv::Mat>& enhanced) {
  if (enhanced.empty()) return {};
  Classification result;
  result.features = classifier.features(to_network_input(enhanced, classifier.contract().input));
  result.logits = classifier.head(result.features);
  result.probabilities = softmax(calibrated(result.logits, classifier.contract()));
  return result;
}

}  // namespace cxr
