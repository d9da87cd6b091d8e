#pragma once

#include <dcmtk/dcmdata/dcfilefo.h>

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>

namespace cxr {

/// How many bytes of a file is_dicom() looks at.
inline constexpr std::size_t kDicomMagicBytes = 132;

/// Whether a file's first bytes are those of DICOM (PS3.10, 7.1).
bool is_dicom(std::span<const std::uint8_t> bytes) noexcept;

/// A DICOM file with one image. Nothing of what it says about the patient is kept or told.
class DicomFile {
 public:
  /// Throws Error naming `file` where it is damaged, SkippedError where it says that it is no
  /// frontal radiograph; with `force`, only where it has no image.
  DicomFile(std::span<const std::uint8_t> bytes, const std::filesystem::path& file, bool force);

  /// Pixels, as the header has it.
  cv::Size size();

  /// Decodes the first frame, as read_radiograph() promises. Throws Error where it cannot be done.
  cv::Mat decode();

 private:
  void check_kind(bool force);
  void check_pixels();
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path file_;
  DcmFileFormat content_;
};

}  // namespace cxr
