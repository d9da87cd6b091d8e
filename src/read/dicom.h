#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>

#include "cxr/read.h"
#include "dicom_attributes.h"
#include "dicom_data_set.h"
#include "orientation.h"

namespace cxr {

/// A DICOM file with one image. Nothing of what it says about the patient is kept or told. Refers
/// to the file's bytes, which must outlive it.
class DicomFile {
 public:
  /// Throws Error naming `file` if it is damaged; SkippedError if it has no image or, without
  /// `force`, states that it is no frontal chest radiograph.
  DicomFile(std::span<const std::uint8_t> bytes, const std::filesystem::path& file, bool force);

  /// Pixels, of what decode() returns.
  cv::Size size() const;
  /// How much memory decode() takes, about.
  std::uint64_t decoding_bytes() const;

  /// Decodes the first frame, as read_radiograph() promises. Throws Error if that cannot be done;
  /// SkippedError if it is in colour, without `force`.
  Radiograph decode();

 private:
  void check_kind() const;
  void check_pixels() const;
  cv::Mat grey_image();
  [[noreturn]] void skip(const std::string& why) const;
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path file_;
  DicomDataSet set_;
  DicomAttributes attributes_;
  cv::Size2d stretch_;
  Turn turn_;
  bool force_;
};

}  // namespace cxr
