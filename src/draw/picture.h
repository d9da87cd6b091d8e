#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "cxr/heatmap.h"

namespace cxr {

/// The content of a picture of one radiograph.
struct PictureContent {
  cv::Mat image;      ///< CV_8UC1, the radiograph
  cv::Mat lung_mask;  ///< CV_8UC1, at the segmenter's resolution
  cv::Rect lung_box;  ///< in pixels of the image; empty if no lungs were found
  cv::Rect crop;      ///< in pixels of the image; the classifier's input
  cv::Mat enhanced;   ///< CV_8UC3, the classifier's input
  cv::Mat heat_map;   ///< CV_32FC1 of the crop's size, 0..1
  std::string title;  ///< `Class (0.92)`
  std::string name;   ///< of the image, for the footer; may be empty
};

/// Draws the picture, CV_8UC3 (BGR), with the configured colour map, opacity of the radiograph over
/// the map, size and layout.
///
/// `overlay`: the radiograph, the map over the crop, a yellow rectangle around the crop, the title.
/// `panels`: side by side the radiograph, the lung mask and box, the enhanced crop, the overlay;
/// without the crop or the overlay if `enhanced` or `heat_map` is empty.
/// Below: a colour bar from "no influence" to "strongest" if there is a heat map, the name, and
/// "For research only". The radiograph keeps its aspect ratio; the size of the text depends on the
/// picture's, not on the radiograph's.
cv::Mat draw_picture(const PictureContent& content, const HeatmapOptions& options);

}  // namespace cxr
