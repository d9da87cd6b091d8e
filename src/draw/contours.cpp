#include "contours.h"

#include <opencv2/imgproc.hpp>

#include "text.h"

namespace cxr {

void draw_contour(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& color, int width) {
  cv::Mat enlarged;
  cv::resize(mask, enlarged, picture.size(), 0, 0, cv::INTER_CUBIC);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(enlarged > 127, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
  cv::drawContours(picture, outlines, -1, color, width, cv::LINE_AA);
}

void draw_contours(cv::Mat& picture, const cv::Mat& truth, const cv::Mat& predicted) {
  draw_contour(picture, truth, kTrueMask, 4);
  draw_contour(picture, predicted, kPredictedMask, 2);
}

std::vector<ContourKey> both_masks() {
  return {{"true mask", kTrueMask}, {"predicted mask", kPredictedMask}};
}

void draw_contour_keys(cv::Mat strip, const std::vector<ContourKey>& keys, int height) {
  const int middle = strip.rows / 2;
  int x = height;
  for (const ContourKey& key : keys) {
    cv::line(strip, {x, middle}, {x + 2 * height, middle}, key.color, 4, cv::LINE_AA);
    draw_text(strip, key.name, {x + 3 * height, middle}, height, Align::left, kInk);
    x += 5 * height + text_width(key.name, height);
  }
}

}  // namespace cxr
