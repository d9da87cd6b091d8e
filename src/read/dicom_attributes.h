#pragma once

#include <array>
#include <optional>
#include <string>

#include "dicom_item.h"
#include "grayscale_transform.h"

namespace cxr {

/// How the samples of a DICOM image are stored (PS3.3, C.7.6.3).
struct DicomPixelFormat {
  int rows = 0, columns = 0;
  int samples_per_pixel = 1;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_signed = false;   ///< two's complement
  bool in_planes = false;   ///< samples of a colour lie together (Planar Configuration 1)
  std::string photometric;  ///< `MONOCHROME2`, `RGB`, ...
  int frames = 1;

  bool is_subsampled() const { return photometric.find("_42") != std::string::npos; }
  /// Of an uncompressed frame.
  std::size_t frame_bytes() const {
    const std::size_t pixels = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
    const std::size_t samples = is_subsampled() ? 2 : static_cast<std::size_t>(samples_per_pixel);
    return pixels * samples * static_cast<std::size_t>(bits_allocated / 8);
  }
};

/// All that is used of a DICOM data set but its pixels. Texts are in capitals and without padding;
/// what the file does not state is empty.
struct DicomAttributes {
  // What it shows.
  bool is_directory = false;  ///< a DICOMDIR
  std::string sop_class;      ///< UID
  std::string modality;
  std::string device;           ///< Manufacturer's Model Name
  std::string body_part;        ///< Body Part Examined
  std::string anatomic_region;  ///< meaning of the code
  std::string view_position;
  std::string view;  ///< meaning of the code
  /// Series Description, Protocol Name and Study Description: the most specific comes first.
  std::array<std::string, 3> descriptions;

  // How it lies.
  /// Patient Orientation: where the rows run to, and where the columns.
  std::array<std::string, 2> orientation;
  /// Height of a pixel over its width; 1 if it is not stated.
  double pixel_aspect = 1;

  DicomPixelFormat pixels;
  GrayscaleTransform tones;
  /// Red, green and blue of `PALETTE COLOR`.
  std::optional<std::array<DicomLut, 3>> palette;
};

DicomAttributes read_attributes(const DicomItem& set);

}  // namespace cxr
