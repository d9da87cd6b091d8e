#include "explain.h"

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "network/network_input.h"

namespace cxr {
namespace {

/// What the logits are weighted by before the gradient is taken.
NdArray logit_weights(const NdArray& logits, const std::vector<std::size_t>& target,
                      CamMethod method) {
  if (method == CamMethod::original) return logits;
  NdArray weights(logits.shape);
  for (std::size_t i = 0; i < target.size(); ++i) weights.at(i)[target[i]] = 1.0F;
  return weights;
}

/// Sum over planes of each plane times the mean of its gradient.
void weigh_planes(const float* planes, const float* gradient, std::size_t count, std::size_t pixels,
                  float* map) {
  for (std::size_t k = 0; k < count; ++k) {
    const float* slope = gradient + k * pixels;
    const float weight = std::accumulate(slope, slope + pixels, 0.0F) / static_cast<float>(pixels);
    const float* plane = planes + k * pixels;
    for (std::size_t p = 0; p < pixels; ++p) map[p] += weight * plane[p];
  }
}

/// Enlarges a map to the network's input. A cell of a network of odd kernels, padded so that they
/// begin centred on the first pixel, as ResNet's do, is centred on pixel (stride * column, stride *
/// row), not in the middle of its share of the input.
cv::Mat over_input(const cv::Mat& map, cv::Size input) {
  const double stride_x = static_cast<double>(input.width) / map.cols;
  const double stride_y = static_cast<double>(input.height) / map.rows;
  const cv::Matx23d to_map(1 / stride_x, 0, 0, 0, 1 / stride_y, 0);
  cv::Mat enlarged;
  cv::warpAffine(map, enlarged, to_map, input, cv::INTER_CUBIC | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REPLICATE);
  return enlarged;
}

}  // namespace

NdArray class_activation_maps(const Network& classifier, const Classification& classification,
                              const std::vector<std::size_t>& target, CamMethod method) {
  const NdArray& features = classification.features;
  const NdArray gradient =
      classifier.head_gradient(features, logit_weights(classification.logits, target, method));
  const auto& shape = features.shape;
  NdArray maps({shape.at(0), shape.at(2), shape.at(3)});
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape[0]); ++i) {
    weigh_planes(features.at(i), gradient.at(i), static_cast<std::size_t>(shape[1]), maps.stride(),
                 maps.at(i));
  }
  if (method == CamMethod::gradcam) {
    for (float& value : maps.values) value = std::max(value, 0.0F);
  }
  return maps;
}

cv::Mat heat_map(const float* activation, cv::Size activation_size, const NetworkInput& input,
                 cv::Size crop_size, CamMethod method) {
  const cv::Mat map(activation_size, CV_32FC1, const_cast<float*>(activation));
  const cv::Size input_size(input.width, input.height);
  cv::Mat enlarged;
  if (method == CamMethod::original) {
    cv::resize(map, enlarged, input_size, 0, 0, cv::INTER_CUBIC);
  } else {
    enlarged = over_input(map, input_size);
  }
  cv::Mat over_crop;
  cv::resize(enlarged(content_rect(input, crop_size)), over_crop, crop_size, 0, 0, cv::INTER_CUBIC);
  double low = 0;
  double high = 0;
  cv::minMaxLoc(over_crop, &low, &high);
  if (method == CamMethod::gradcam) low = 0;
  const double range = high - low;
  if (range > 0) {
    over_crop = (over_crop - low) / range;
  } else {
    over_crop = 0;
  }
  // Cubic interpolation overshoots.
  cv::max(over_crop, 0, over_crop);
  cv::min(over_crop, 1, over_crop);
  return over_crop;
}

}  // namespace cxr
