#pragma once

#include <opencv2/core.hpp>

namespace cxr {

/// Where the lungs are, and how sure the segmenter is of it.
struct LungBox {
  cv::Rect box;          ///< in pixels of the image; empty where no lungs were found
  double quality = 0.0;  ///< mean lung probability inside the mask, 0..1; 0 where it is empty
};

/// The bounding box of a lung mask's 8-connected components, in pixels of the mask.
///
/// `mask` is CV_8UC1, lungs non-zero. Each side is moved outwards by `padding` of the box's own
/// width or height (truncated to whole pixels) and clipped to the mask. Components whose own
/// bounding box covers no more than `smallest_component` of the mask's area do not count. Returns
/// an empty rectangle where nothing is left.
cv::Rect mask_bounds(const cv::Mat& mask, double padding, double smallest_component = 0.0);

/// Mean of `lung_probability` (CV_32FC1, 0..1) inside `mask`: the original program's confidence
/// of the segmentation, and our "Estimated Quality".
double segmentation_quality(const cv::Mat& lung_probability, const cv::Mat& mask);

/// Components whose bounding box covers no more of the mask's area than this are specks, not lungs.
/// The original program kept every speck, and one at the edge of the film spoils the box.
inline constexpr double kSpeck = 0.01;

/// The lung box in pixels of an image of `image_size`, padded by 5 % on each side. Each of x, y,
/// width and height is truncated on its own, as in the original program. `smallest_component` as in
/// mask_bounds(): it is a setting of the user's, with no default here, so that nobody forgets it.
LungBox find_lung_box(const cv::Mat& lung_probability, const cv::Mat& mask, cv::Size image_size,
                      double smallest_component);

/// The original program's threshold of quality.
inline constexpr double kTrustedQuality = 0.875;

/// Whether lungs were found, with a quality that exceeds `threshold`.
bool is_trusted(const LungBox& lungs, double threshold);

/// What the classifier sees: the lung box where it is trusted, else all of the image.
cv::Rect choose_crop(const LungBox& lungs, double threshold, cv::Size image_size);

}  // namespace cxr
