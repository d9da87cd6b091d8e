#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace cxr {

/// Decodes JPEG-LS (ISO 14495-1) by CharLS: not by DCMTK, whose copy of CharLS has functions of the
/// same names as the one that OpenCV may bring along by way of GDCM.
///
/// Returns an image of this size and type (CV_8U, CV_16U or CV_32S; one channel, or three,
/// interleaved); an empty one if the codestream is damaged or does not fit. Takes no memory for
/// another size.
cv::Mat decode_jpeg_ls(std::vector<std::uint8_t> codestream, cv::Size size, int type);

}  // namespace cxr
