#include "resize.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace cxr {

cv::Mat resized(const cv::Mat& image, cv::Size size) {
  cv::Mat result;
  const bool shrinks = size.area() < image.size().area();
  cv::resize(image, result, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
  return result;
}

cv::Size with_longer_side(cv::Size size, int pixels) {
  const double scale = static_cast<double>(pixels) / std::max(size.width, size.height);
  return {std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale))};
}

}  // namespace cxr
