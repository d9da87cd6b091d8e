#include "crop.h"

#include <opencv2/imgproc.hpp>

namespace cxr {

cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size) {
  cv::Mat mask;
  cv::resize(lung_mask, mask, image_size, 0, 0, cv::INTER_LINEAR);
  cv::threshold(mask, mask, 127, 255, cv::THRESH_BINARY);
  return mask;
}

}  // namespace cxr
