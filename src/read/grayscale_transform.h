#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

namespace cxr {

/// A look-up table of DICOM: below its first value it stays at the first entry, behind its end at
/// the last.
struct DicomLut {
  int first = 0;                       ///< the value that the first entry is for
  std::vector<std::uint16_t> entries;  ///< one or more

  double at(double value) const;
  /// 2^bits - 1 for the bits that its entries need, 8 or more. How many they have by the file is
  /// wrong too often: tables of 12 bits that are said to have 16 would be black.
  int brightest() const;
};

struct DicomWindow {
  enum class Shape { linear, linear_exact, sigmoid };

  double centre = 0;
  double width = 0;  ///< above 0; for `linear` 1 or more
  Shape shape = Shape::linear;
};

/// What a DICOM file says of the way from its stored values to what is shown.
struct GrayscaleTransform {
  int bits = 8;            ///< of a stored value: 1 to 16
  bool is_signed = false;  ///< two's complement
  std::optional<DicomLut> modality_lut = {};
  double slope = 1, intercept = 0;  ///< where there is no modality look-up table
  std::optional<DicomLut> voi_lut = {};
  std::optional<DicomWindow> window = {};  ///< where there is no VOI look-up table
  bool inverted = false;                   ///< small values are bright (MONOCHROME1, INVERSE)
  std::optional<std::pair<int, int>> padding =
      {};  ///< stored values, from and to, that are no picture

  /// The least stored value.
  int least() const { return is_signed ? -(1 << (bits - 1)) : 0; }
};

/// Takes stored values through the grey-scale transformations of DICOM (PS3.3, C.11.1 and C.11.2,
/// and PS3.4, N.2): modality, then values of interest, then inversion.
///
/// `stored` is CV_16UC1: a value less `tones.least()`, so 0 to 2^bits - 1. Returns CV_8UC1. Where
/// the file names neither window nor table, 8-bit values stay as they are and deeper ones are
/// scaled linearly so that the darkest becomes 0 and the brightest 255. Padding is black. A picture
/// and its negative, marked as such, give the same result to the last digit.
cv::Mat apply_grayscale_transform(const cv::Mat& stored, const GrayscaleTransform& tones);

}  // namespace cxr
