#pragma once

#include <opencv2/core.hpp>
#include <optional>

namespace cxr {

/// A radiograph whose longer side is resized to `film_side`, or itself; see Contract.
cv::Mat film_at(const cv::Mat& radiograph, std::optional<int> film_side);

/// The part `crop` of a radiograph, given in its pixels, not empty and inside it, cut out of
/// film_at(). May share the radiograph's memory.
cv::Mat cut_out(const cv::Mat& radiograph, const cv::Rect& crop, std::optional<int> film_side);

/// A rectangle in an image of size `from`, in the pixels of the same image resized to `to`:
/// rounded, inside it, at least one pixel wide and high.
cv::Rect rescaled(const cv::Rect& rectangle, cv::Size from, cv::Size to);

/// The lung mask of a segmenter (CV_8UC1, 0 or 255, at its own resolution), resized to
/// `image_size`: interpolated, then thresholded at one half.
cv::Mat mask_at(const cv::Mat& lung_mask, cv::Size image_size);

}  // namespace cxr
