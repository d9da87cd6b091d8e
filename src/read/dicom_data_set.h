#pragma once

#include <dcmtk/dcmdata/dcdatset.h>

#include <cstdint>
#include <span>
#include <vector>

namespace cxr {

/// How many bytes of a file is_dicom() looks at.
inline constexpr std::size_t kDicomMagicBytes = 132;

/// Whether a file's first bytes are those of DICOM (PS3.10, 7.1), or of a data set without the
/// preamble.
bool is_dicom(std::span<const std::uint8_t> bytes) noexcept;

/// A DICOM file: the elements before its pixels, parsed, and the pixels as they lie in the file.
/// Refers to the file's bytes, which must outlive it.
class DicomDataSet {
 public:
  /// Throws std::runtime_error if the elements are damaged, or nested too deep.
  explicit DicomDataSet(std::span<const std::uint8_t> file);
  DicomDataSet(const DicomDataSet&) = delete;
  DicomDataSet& operator=(const DicomDataSet&) = delete;

  DcmItem& elements() { return elements_; }
  /// Of the pixels; if they are not compressed, as they really are. One that DCMTK does not know
  /// counts as uncompressed until the pixels are asked for, so that the file can say what it shows.
  E_TransferSyntax syntax() const { return syntax_; }
  bool has_pixels() const { return pixels_begin_ != 0; }

  /// The first `count` bytes of pixels that are not encapsulated. A deflated file is inflated as
  /// far as that and no farther. Throws std::runtime_error if there are fewer, or DCMTK does not
  /// know the transfer syntax.
  std::span<const std::uint8_t> native_pixels(std::size_t count);
  /// Whether 16-bit words, and not bytes, have the data set's byte order.
  bool is_in_words() const { return is_in_words_; }

  /// The first frame of encapsulated pixels (PS3.5, A.4), its fragments joined. Throws
  /// std::runtime_error if they are damaged.
  std::vector<std::uint8_t> first_frame(int frames) const;

 private:
  std::size_t parse(std::span<const std::uint8_t> set);
  void find_pixels(std::size_t value);

  std::span<const std::uint8_t> set_;  ///< as it lies in the file, or inflated
  std::span<const std::uint8_t> deflated_;
  std::vector<std::uint8_t> inflated_;
  DcmDataset elements_;
  E_TransferSyntax syntax_ = EXS_Unknown;    ///< of the pixels
  E_TransferSyntax encoding_ = EXS_Unknown;  ///< of the elements
  bool is_foreign_ = false;                  ///< DCMTK does not know what the file states
  std::size_t pixels_begin_ = 0;             ///< of the value, in `set_`; 0 if there are none
  std::uint32_t pixels_length_ = 0;
  bool is_in_words_ = false;
};

}  // namespace cxr
