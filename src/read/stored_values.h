#pragma once

#include <opencv2/core.hpp>

#include "dicom_attributes.h"

namespace cxr {

/// Takes the stored values out of grey samples: the bits that High Bit and Bits Stored name,
/// counted from the least value, as apply_grayscale_transform() wants them.
///
/// Values of more than 16 bits are brought to 16, over the range that is in the picture, and
/// `tones` follow: slope and intercept then undo it. Returns CV_16UC1.
cv::Mat stored_values(const cv::Mat& samples, const DicomPixelFormat& format,
                      GrayscaleTransform& tones);

}  // namespace cxr
