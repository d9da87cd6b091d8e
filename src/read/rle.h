#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace cxr {

/// Decodes one frame of DICOM's run-length encoding (PS3.5, Annex G): a header of up to 15 offsets,
/// and a segment of PackBits for each byte of a sample, the most significant first.
///
/// `image` has the frame's size and type (CV_8U, CV_16U or CV_32S; one channel or three, which
/// become interleaved). Throws std::runtime_error if the header does not fit the image, or a
/// segment does not hold a byte for each pixel. Never reads outside `frame`.
void decode_rle(std::span<const std::uint8_t> frame, cv::Mat& image);

}  // namespace cxr
