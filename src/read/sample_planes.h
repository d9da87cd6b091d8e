#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace cxr {

/// Three planes, one after the other in an image's memory, as its channels.
inline cv::Mat interleave(const cv::Mat& planes) {
  const cv::Mat samples = planes.reshape(1, 3);
  std::vector<cv::Mat> channels;
  channels.reserve(3);
  for (int i = 0; i < 3; ++i) channels.push_back(samples.row(i).reshape(1, planes.rows));
  cv::Mat image;
  cv::merge(channels, image);
  return image;
}

/// Samples as `type` has them, if they are of that type, or of 8 bits and so fit; else nothing.
inline cv::Mat widened(const cv::Mat& samples, int type) {
  if (samples.type() == type) return samples;
  if (samples.depth() != CV_8U || samples.channels() != CV_MAT_CN(type)) return {};
  cv::Mat wide;
  samples.convertTo(wide, CV_MAT_DEPTH(type));
  return wide;
}

}  // namespace cxr
