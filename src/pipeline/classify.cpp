#include "classify.h"

#include <algorithm>
#include <cmath>

#include "cxr/error.h"
#include "network/network_input.h"

namespace cxr {
namespace {

NdArray softmax(const NdArray& logits, float temperature) {
  NdArray probabilities(logits.shape);
  const std::size_t classes = logits.stride();
  for (std::size_t i = 0; i * classes < logits.values.size(); ++i) {
    const float* row = logits.at(i);
    float* out = probabilities.at(i);
    const float largest = *std::max_element(row, row + classes);
    float sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      out[c] = std::exp((row[c] - largest) / temperature);
      sum += out[c];
    }
    std::for_each(out, out + classes, [sum](float& value) { value /= sum; });
  }
  return probabilities;
}

}  // namespace

Classification classify(const Network& classifier, const std::vector<cv::Mat>& enhanced) {
  if (enhanced.empty()) return {};
  Classification result;
  result.features = classifier.features(to_network_input(enhanced, classifier.contract().input));
  result.logits = classifier.head(result.features);
  result.probabilities = softmax(result.logits, classifier.contract().temperature);
  if (!std::ranges::all_of(result.probabilities.values, [](float p) { return std::isfinite(p); })) {
    throw Error("classify", classifier.contract().name,
                "the network's output is not finite: its file is damaged or was badly trained");
  }
  return result;
}

}  // namespace cxr
