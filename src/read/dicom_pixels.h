#pragma once

#include <dcmtk/dcmdata/dcdatset.h>

#include <opencv2/core.hpp>
#include <string>

namespace cxr {

/// The decoded samples of one DICOM frame.
struct DicomPixels {
  cv::Mat samples;      ///< CV_8U or CV_16U; one channel, or three, interleaved
  std::string colours;  ///< what they are: `MONOCHROME2`, `RGB`, `YBR_FULL`, ...
};

/// Decodes the first frame: uncompressed, RLE and JPEG by DCMTK, JPEG-LS by CharLS, JPEG 2000 by
/// OpenCV (OpenJPEG). The set's size, samples a pixel (1 or 3) and bits allocated (8 or 16) must
/// have been looked at.
///
/// Throws std::runtime_error, saying what is wrong, where that cannot be done or the picture is not
/// what the set says it is.
DicomPixels decode_first_frame(DcmDataset& set);

}  // namespace cxr
