#pragma once

#include <dcmtk/dcmdata/dcitem.h>

#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/number.h"

namespace cxr {

/// The values of a DICOM data set, as they are needed here. What is missing or of another kind is
/// empty.
class DicomAttributes {
 public:
  explicit DicomAttributes(DcmItem& item) : item_(item) {}

  bool has(const DcmTagKey& tag) const { return item_.tagExists(tag); }

  /// The first of a text's values, in capitals, without the blanks that pad it.
  std::string text(const DcmTagKey& tag) const {
    OFString value;
    item_.findAndGetOFString(tag, value);
    std::string text(value.data(), value.size());
    for (char& letter : text) {
      letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
  }

  /// The first of a decimal or integer string's values.
  std::optional<double> number(const DcmTagKey& tag) const {
    std::string value = text(tag);
    if (value.starts_with('+')) value.erase(0, 1);
    return parse_number(value);
  }

  std::vector<std::uint16_t> words(const DcmTagKey& tag) const {
    const Uint16* words = nullptr;
    const Sint16* signed_words = nullptr;
    unsigned long count = 0;
    if (item_.findAndGetUint16Array(tag, words, &count).good() && words != nullptr) {
      return {words, words + count};
    }
    if (item_.findAndGetSint16Array(tag, signed_words, &count).good() && signed_words != nullptr) {
      return {signed_words, signed_words + count};
    }
    return {};
  }

  /// The first of its 16-bit values, or 0.
  int word(const DcmTagKey& tag, bool is_signed = false) const {
    const std::vector<std::uint16_t> values = words(tag);
    if (values.empty()) return 0;
    return is_signed ? static_cast<std::int16_t>(values.front()) : values.front();
  }

  /// The first item of a sequence; null where there is none.
  DcmItem* item(const DcmTagKey& tag) const {
    DcmItem* found = nullptr;
    return item_.findAndGetSequenceItem(tag, found).good() ? found : nullptr;
  }

 private:
  DcmItem& item_;
};

}  // namespace cxr
