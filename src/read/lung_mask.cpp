#include "lung_mask.h"

#include <opencv2/imgproc.hpp>
#include <string>

#include "cxr/error.h"
#include "cxr/read.h"

namespace cxr {

cv::Mat read_lung_mask(const std::filesystem::path& file, cv::Size image_size) {
  if (file.empty()) return cv::Mat::zeros(image_size, CV_8UC1);
  cv::Mat mask = read_radiograph(file).image;
  const auto size = [](cv::Size of) {
    return std::to_string(of.width) + " x " + std::to_string(of.height);
  };
  if (mask.size() != image_size) {
    throw Error("mask", file.string(),
                "is " + size(mask.size()) + ", its image " + size(image_size));
  }
  double brightest = 0;
  cv::minMaxLoc(mask, nullptr, &brightest);
  if (brightest > 0 && brightest < 128) {
    throw Error("mask", file.string(), "has no white: lungs must be 255");
  }
  cv::threshold(mask, mask, 127, 255, cv::THRESH_BINARY);
  return mask;
}

}  // namespace cxr
