#include "crop.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "base/resize.h"

namespace cxr {

cv::Rect rescaled(const cv::Rect& rectangle, cv::Size from, cv::Size to) {
  const double x = static_cast<double>(to.width) / from.width;
  const double y = static_cast<double>(to.height) / from.height;
  const int left = std::clamp(cvRound(rectangle.x * x), 0, to.width - 1);
  const int top = std::clamp(cvRound(rectangle.y * y), 0, to.height - 1);
  const int right = std::clamp(cvRound(rectangle.br().x * x), left + 1, to.width);
  const int bottom = std::clamp(cvRound(rectangle.br().y * y), top + 1, to.height);
  return {left, top, right - left, bottom - top};
}

cv::Mat film_at(const cv::Mat& radiograph, std::optional<int> film_side) {
  if (!film_side) return radiograph;
  return resized(radiograph, with_longer_side(radiograph.size(), *film_side));
}

cv::Mat cut_out(const cv::Mat& radiograph, const cv::Rect& crop, std::optional<int> film_side) {
  const cv::Mat film = film_at(radiograph, film_side);
  return film(rescaled(crop, radiograph.size(), film.size()));
}

cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size) {
  cv::Mat mask;
  cv::resize(lung_mask, mask, image_size, 0, 0, cv::INTER_LINEAR);
  cv::threshold(mask, mask, 127, 255, cv::THRESH_BINARY);
  return mask;
}

}  // namespace cxr
