#include "orientation.h"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace cxr {
namespace {

/// The main direction: `F` of `F`, `FP` and the like; 0 if there is none.
char main_direction(const std::string& direction) { return direction.empty() ? 0 : direction[0]; }

bool is_sideways(char direction) { return direction == 'L' || direction == 'R'; }
bool is_lengthways(char direction) { return direction == 'H' || direction == 'F'; }
bool is_front_or_back(char direction) { return direction == 'A' || direction == 'P'; }

cv::Size stretched(cv::Size size, const cv::Size2d& stretch) {
  return {static_cast<int>(std::lround(size.width * stretch.width)),
          static_cast<int>(std::lround(size.height * stretch.height))};
}

}  // namespace

Turn turn_of(const std::array<std::string, 2>& orientation) {
  char rows = main_direction(orientation[0]), columns = main_direction(orientation[1]);
  Turn turn;
  turn.transpose = is_lengthways(rows) && is_sideways(columns);
  if (turn.transpose) std::swap(rows, columns);
  if (!is_sideways(rows) || !is_lengthways(columns)) return {};
  turn.mirror_rows = rows == 'R';
  turn.mirror_columns = columns == 'H';
  return turn;
}

std::string described(const std::array<std::string, 2>& orientation) {
  return {main_direction(orientation[0]), '\\', main_direction(orientation[1])};
}

Projection projection_of(const std::array<std::string, 2>& orientation) {
  const char rows = main_direction(orientation[0]), columns = main_direction(orientation[1]);
  const bool is_lateral = (is_front_or_back(rows) && is_lengthways(columns)) ||
                          (is_lengthways(rows) && is_front_or_back(columns));
  return is_lateral ? Projection::lateral : Projection::unknown;
}

cv::Size2d stretch_of(double pixel_aspect) {
  const double ratio = std::max(pixel_aspect, 1 / pixel_aspect);
  if (ratio < 1.01 || ratio > 4) return {1, 1};
  return pixel_aspect > 1 ? cv::Size2d(1, pixel_aspect) : cv::Size2d(1 / pixel_aspect, 1);
}

cv::Size upright_size(cv::Size size, const cv::Size2d& stretch, const Turn& turn) {
  const cv::Size square = stretched(size, stretch);
  return turn.transpose ? cv::Size(square.height, square.width) : square;
}

cv::Mat turned(const cv::Mat& image, const Turn& turn) {
  if (!turn.is_needed()) return image;
  cv::Mat upright = image.clone();
  if (turn.transpose) cv::transpose(upright, upright);
  if (turn.mirror_rows) cv::flip(upright, upright, 1);
  if (turn.mirror_columns) cv::flip(upright, upright, 0);
  return upright;
}

cv::Mat turned_back(const cv::Mat& image, const Turn& turn) {
  if (!turn.is_needed()) return image;
  cv::Mat stored = image.clone();
  if (turn.mirror_columns) cv::flip(stored, stored, 0);
  if (turn.mirror_rows) cv::flip(stored, stored, 1);
  if (turn.transpose) cv::transpose(stored, stored);
  return stored;
}

cv::Mat bring_upright(const cv::Mat& image, const cv::Size2d& stretch, const Turn& turn) {
  cv::Mat upright = image;
  const cv::Size square = stretched(image.size(), stretch);
  if (square != image.size()) cv::resize(image, upright, square, 0, 0, cv::INTER_LINEAR);
  return turned(upright, turn);
}

}  // namespace cxr
