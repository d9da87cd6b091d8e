#include "negative_example.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <string>

namespace cxr {
namespace {

int random_grey(cv::RNG& rng) { return rng.uniform(0, 256); }

cv::Point random_point(cv::Size size, cv::RNG& rng) {
  return {rng.uniform(0, size.width), rng.uniform(0, size.height)};
}

cv::Mat blank(const cv::Mat&, cv::Size size, cv::RNG& rng) {
  return {size, CV_8UC1, cv::Scalar(random_grey(rng))};
}

cv::Mat noise(const cv::Mat&, cv::Size size, cv::RNG& rng) {
  cv::Mat picture(size, CV_8UC1);
  if (rng.uniform(0, 2) == 0) {
    rng.fill(picture, cv::RNG::UNIFORM, 0, 256);
  } else {
    rng.fill(picture, cv::RNG::NORMAL, random_grey(rng), rng.uniform(2, 60));
  }
  return picture;
}

/// Sum of noise at doubling scales, each weaker than the next coarser.
cv::Mat clouds(const cv::Mat&, cv::Size size, cv::RNG& rng) {
  cv::Mat sum(size, CV_32FC1, cv::Scalar(0));
  const double persistence = rng.uniform(0.35, 0.8);
  double weight = 1;
  for (int cells = rng.uniform(2, 5); cells < size.width; cells *= 2, weight *= persistence) {
    cv::Mat coarse(cells, cells, CV_32FC1);
    rng.fill(coarse, cv::RNG::UNIFORM, 0, 1);
    cv::Mat octave;
    cv::resize(coarse, octave, size, 0, 0, cv::INTER_CUBIC);
    sum += weight * octave;
  }
  cv::Mat picture;
  cv::normalize(sum, picture, 0, 255, cv::NORM_MINMAX, CV_8U);
  return picture;
}

cv::Mat gradient(const cv::Mat&, cv::Size size, cv::RNG& rng) {
  cv::Mat corners(2, 2, CV_8UC1);
  rng.fill(corners, cv::RNG::UNIFORM, 0, 256);
  cv::Mat picture;
  cv::resize(corners, picture, size, 0, 0, cv::INTER_LINEAR);
  return picture;
}

void draw_shape(cv::Mat& picture, int largest, cv::RNG& rng) {
  const cv::Point at = random_point(picture.size(), rng);
  const cv::Size axes(rng.uniform(2, largest), rng.uniform(2, largest));
  const int thickness = rng.uniform(0, 4) == 0 ? rng.uniform(1, 6) : cv::FILLED;
  const double grey = random_grey(rng);
  switch (rng.uniform(0, 3)) {
    case 0:
      cv::ellipse(picture, at, axes, rng.uniform(0, 180), 0, 360, grey, thickness, cv::LINE_AA);
      break;
    case 1:
      cv::rectangle(picture, at, at + cv::Point(axes), grey, thickness);
      break;
    default: {
      std::array<cv::Point, 3> triangle;
      for (cv::Point& corner : triangle) {
        corner = at + cv::Point(rng.uniform(-largest, largest), rng.uniform(-largest, largest));
      }
      cv::fillConvexPoly(picture, triangle, grey, cv::LINE_AA);
    }
  }
}

/// Shapes that hide one another, the statistics of photographs (Lee, Mumford and Huang, 2001).
cv::Mat photograph(const cv::Mat& radiograph, cv::Size size, cv::RNG& rng) {
  cv::Mat picture = clouds(radiograph, size, rng);
  const int shapes = rng.uniform(5, 120);
  for (int i = 0; i < shapes; ++i) draw_shape(picture, rng.uniform(4, size.width / 2), rng);
  if (rng.uniform(0, 2) == 0) {
    cv::addWeighted(picture, 0.7, clouds(radiograph, size, rng), 0.3, 0, picture);
  }
  cv::GaussianBlur(picture, picture, {}, rng.uniform(0.3, 2.0));
  return picture;
}

cv::Mat icon(const cv::Mat&, cv::Size size, cv::RNG& rng) {
  cv::Mat picture(size, CV_8UC1, cv::Scalar(rng.uniform(0, 2) == 0 ? 255 : random_grey(rng)));
  const int shapes = rng.uniform(1, 7);
  for (int i = 0; i < shapes; ++i) draw_shape(picture, size.width / 2, rng);
  return picture;
}

cv::Mat page(const cv::Mat&, cv::Size size, cv::RNG& rng) {
  const bool dark = rng.uniform(0, 5) == 0;
  cv::Mat picture(size, CV_8UC1, cv::Scalar(dark ? 30 : 245));
  const double scale = size.height / 200.0 * rng.uniform(0.2, 0.6);
  const int line_height = std::max(4, cvRound(35 * scale));
  const int left = rng.uniform(0, size.width / 6 + 1);
  for (int y = line_height; y < size.height; y += line_height) {
    if (rng.uniform(0, 8) == 0) continue;
    std::string line;
    const int letters = rng.uniform(5, 70);
    for (int i = 0; i < letters; ++i) {
      line += rng.uniform(0, 6) == 0 ? ' ' : static_cast<char>(rng.uniform('a', 'z' + 1));
    }
    cv::putText(picture, line, {left, y}, cv::FONT_HERSHEY_SIMPLEX, scale, dark ? 230 : 20, 1,
                cv::LINE_AA);
  }
  return picture;
}

cv::Mat small_piece(const cv::Mat& radiograph, cv::Size size, cv::RNG& rng) {
  const double side = rng.uniform(0.08, 0.38);
  const cv::Size piece(std::max(2, cvRound(radiograph.cols * side)),
                       std::max(2, cvRound(radiograph.rows * side)));
  const cv::Point at = random_point(radiograph.size() - piece + cv::Size(1, 1), rng);
  cv::Mat picture;
  cv::resize(radiograph(cv::Rect(at, piece)), picture, size, 0, 0, cv::INTER_CUBIC);
  return picture;
}

cv::Mat shuffled_pieces(const cv::Mat& radiograph, cv::Size size, cv::RNG& rng) {
  const int pieces = rng.uniform(5, 10);
  cv::Mat picture(size, CV_8UC1);
  for (int row = 0; row < pieces; ++row) {
    for (int column = 0; column < pieces; ++column) {
      const cv::Rect target(
          cv::Point(size.width * column / pieces, size.height * row / pieces),
          cv::Point(size.width * (column + 1) / pieces, size.height * (row + 1) / pieces));
      const cv::Size piece(radiograph.cols / pieces, radiograph.rows / pieces);
      const cv::Point at = random_point(radiograph.size() - piece + cv::Size(1, 1), rng);
      cv::resize(radiograph(cv::Rect(at, piece)), picture(target), target.size());
    }
  }
  return picture;
}

}  // namespace

cv::Mat random_negative_example(const cv::Mat& radiograph, cv::Size size, cv::RNG& rng) {
  constexpr std::array kKinds{blank,      noise, clouds, gradient,    photograph,
                              photograph, icon,  page,   small_piece, shuffled_pieces};
  return kKinds[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(kKinds.size())))](
      radiograph, size, rng);
}

}  // namespace cxr
