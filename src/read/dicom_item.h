#pragma once

#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcitem.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cxr {

/// Reads values of a DICOM data set or of a sequence's item. A value that is missing or of the
/// wrong kind is empty; an element without a value representation (VR `UN`) is read as the kind
/// that is asked for.
class DicomItem {
 public:
  explicit DicomItem(DcmItem& item) : item_(item) {}

  bool has(const DcmTagKey& tag) const { return item_.tagExists(tag); }

  /// All values of a text: in capitals, without the blanks, tabs and NULs that pad them.
  std::vector<std::string> texts(const DcmTagKey& tag) const;
  /// The first of them.
  std::string text(const DcmTagKey& tag) const;
  /// All of a text as it lies in the file, without the blanks and NULs at its end.
  std::string raw_text(const DcmTagKey& tag) const;

  /// The numbers among the values of a decimal or integer string.
  std::vector<double> numbers(const DcmTagKey& tag) const;
  /// The first value, if it is a number.
  std::optional<double> number(const DcmTagKey& tag) const;

  /// 16-bit values.
  std::vector<std::uint16_t> words(const DcmTagKey& tag) const;
  /// The first integer, of 16 or 32 bits, or 0.
  int integer(const DcmTagKey& tag, bool is_signed = false) const;

  /// The first item of a sequence; none if there is none.
  std::optional<DicomItem> item(const DcmTagKey& tag) const;

 private:
  DcmElement* element(const DcmTagKey& tag) const;

  DcmItem& item_;
};

}  // namespace cxr
