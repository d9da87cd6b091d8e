#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace cxr {

/// Decodes a codestream of JPEG 2000 (ISO 15444-1), which may be wrapped in a JP2 file, by OpenCV
/// (OpenJPEG). Signed samples become two's complement in the width of `type`.
///
/// Returns an image of this size and type (CV_8U, CV_16U or CV_32S; one channel, or three: red,
/// green, blue); an empty one if the codestream is damaged or does not fit. No other format is
/// decoded, and no other size.
cv::Mat decode_jpeg_2000(std::vector<std::uint8_t> codestream, cv::Size size, int type);

}  // namespace cxr
