#pragma once

#include <opencv2/core.hpp>

#include "dicom_attributes.h"
#include "dicom_data_set.h"

namespace cxr {

/// The decoded samples of one DICOM frame.
struct DicomPixels {
  /// CV_8U, CV_16U or CV_32S (unsigned, too); one channel, or three, interleaved. Of subsampled
  /// colour, one: luma.
  cv::Mat samples;
  /// Of colour: whether they are luma and chroma, and not red, green and blue.
  bool is_ybr = false;
};

/// Decodes the first frame: uncompressed and RLE by our own code, JPEG by DCMTK, JPEG-LS by CharLS,
/// JPEG 2000 by OpenCV (OpenJPEG). No other codec is tried than the one that the transfer syntax
/// names, and none before the size in the compressed data is known to be the format's.
///
/// The format's size must have been checked, samples a pixel (1 or 3) and bits allocated (8, 16 or
/// 32), too. Throws std::runtime_error, saying what is wrong, if it cannot be decoded or is not
/// what the format says.
DicomPixels decode_first_frame(DicomDataSet& set, const DicomPixelFormat& format);

}  // namespace cxr
