#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <string>

namespace cxr::test {

inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// How many pixels of a picture have exactly this colour.
inline int pixels_of(const cv::Mat& picture, const cv::Scalar& color) {
  cv::Mat mask;
  cv::inRange(picture, color, color, mask);
  return cv::countNonZero(mask);
}

/// The largest difference of two pictures; huge where their sizes or types differ.
inline double farthest(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() ? cv::norm(a, b, cv::NORM_INF) : 1e9;
}

}  // namespace cxr::test
