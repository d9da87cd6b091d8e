#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace cxr {

/// Reads a drawn lung mask, CV_8UC1, 0 or 255; without a file, all is 0: no lungs. Throws Error
/// naming the file where it cannot be read, has another size than its image, or is not black and
/// white.
cv::Mat read_lung_mask(const std::filesystem::path& file, cv::Size image_size);

}  // namespace cxr
