#include "network_input.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/parallel.h"
#include "base/resize.h"

namespace cxr {
namespace {

cv::Mat fit(const cv::Mat& image, cv::Size size, Filter filter) {
  if (filter == Filter::bilinear_antialias) return resized_as_pil(image, size);
  cv::Mat fitted;
  const bool shrinks = size.area() < image.size().area();
  cv::resize(image, fitted, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return fitted;
}

/// Writes one image into its 3 x height x width part of the batch.
void fill(const cv::Mat& image, const NetworkInput& input, float* planes) {
  const cv::Rect content = content_rect(input, image.size());
  const cv::Mat fitted = fit(image, content.size(), input.filter);
  for (int channel = 0; channel < 3; ++channel) {
    const auto c = static_cast<std::size_t>(channel);
    cv::Mat plane(input.height, input.width, CV_32FC1,
                  planes + c * static_cast<std::size_t>(input.width * input.height));
    const double scale = 1.0 / input.std[c];
    const double offset = -input.mean[c] * scale;
    plane = offset;  // black, for what the image does not cover
    cv::Mat source = fitted;
    if (fitted.channels() == 3) cv::extractChannel(fitted, source, channel);
    source.convertTo(plane(content), CV_32F, scale / 255, offset);
  }
}

}  // namespace

cv::Rect content_rect(const NetworkInput& input, cv::Size image_size) {
  if (input.resize == Resize::squish) return {0, 0, input.width, input.height};
  const double scale = std::min(static_cast<double>(input.width) / image_size.width,
                                static_cast<double>(input.height) / image_size.height);
  const int width = std::clamp(cvRound(image_size.width * scale), 1, input.width);
  const int height = std::clamp(cvRound(image_size.height * scale), 1, input.height);
  return {(input.width - width) / 2, (input.height - height) / 2, width, height};
}

NdArray to_network_input(const std::vector<cv::Mat>& images, const NetworkInput& input) {
  NdArray batch({static_cast<std::int64_t>(images.size()), 3, input.height, input.width});
  parallel_for(images.size(), [&](std::size_t i) { fill(images[i], input, batch.at(i)); });
  return batch;
}

}  // namespace cxr
