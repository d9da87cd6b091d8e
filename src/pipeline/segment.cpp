#include "segment.h"

#include <cmath>

#include "network/network_input.h"

namespace cxr {
namespace {

/// Softmax of two planes of logits, background and lung.
Segmentation from_logits(const float* logits, cv::Size size) {
  const auto pixels = static_cast<std::size_t>(size.area());
  Segmentation segmentation{cv::Mat(size, CV_32FC1), {}};
  auto* probability = segmentation.lung_probability.ptr<float>();
  for (std::size_t i = 0; i < pixels; ++i) {
    probability[i] = 1.0F / (1.0F + std::exp(logits[i] - logits[pixels + i]));
  }
  segmentation.mask = segmentation.lung_probability > 0.5F;
  return segmentation;
}

}  // namespace

std::vector<Segmentation> segment(const Network& segmenter, const std::vector<cv::Mat>& images) {
  if (images.empty()) return {};
  const NetworkInput& input = segmenter.contract().input;
  const NdArray logits = segmenter.forward(to_network_input(images, input));
  std::vector<Segmentation> segmentations;
  for (std::size_t i = 0; i < images.size(); ++i) {
    segmentations.push_back(from_logits(logits.at(i), {input.width, input.height}));
  }
  return segmentations;
}

}  // namespace cxr
