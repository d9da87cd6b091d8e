#include "dicom_item.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/number.h"

namespace cxr {
namespace {

std::string trimmed_capitals(std::string_view text) {
  constexpr std::string_view kPadding("\0 \t\r\n", 5);
  const std::size_t begin = text.find_first_not_of(kPadding);
  if (begin == std::string_view::npos) return "";
  std::string capitals(text.substr(begin, text.find_last_not_of(kPadding) + 1 - begin));
  std::ranges::transform(capitals, capitals.begin(), [](unsigned char letter) {
    return static_cast<char>(std::toupper(letter));
  });
  return capitals;
}

std::optional<double> number_of(std::string text) {
  if (text.starts_with('+')) text.erase(0, 1);
  return parse_number(text);
}

/// The bytes of an element whose kind the file does not state.
std::optional<std::string_view> unknown_bytes(DcmElement& element) {
  if (element.ident() != EVR_UN) return std::nullopt;
  Uint8* bytes = nullptr;
  if (element.getUint8Array(bytes).bad() || bytes == nullptr) return "";
  return std::string_view(reinterpret_cast<const char*>(bytes), element.getLengthField());
}

std::string value_of(DcmElement& element) {
  if (const auto bytes = unknown_bytes(element)) return std::string(*bytes);
  OFString value;
  element.getOFStringArray(value, OFFalse);
  return {value.data(), value.size()};
}

std::vector<std::uint16_t> little_endian_words(std::string_view bytes) {
  std::vector<std::uint16_t> words;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto low = static_cast<std::uint8_t>(bytes[i]);
    const auto high = static_cast<std::uint8_t>(bytes[i + 1]);
    words.push_back(static_cast<std::uint16_t>(low | high << 8));
  }
  return words;
}

}  // namespace

DcmElement* DicomItem::element(const DcmTagKey& tag) const {
  DcmElement* found = nullptr;
  return item_.findAndGetElement(tag, found).good() ? found : nullptr;
}

std::vector<std::string> DicomItem::texts(const DcmTagKey& tag) const {
  std::vector<std::string> values;
  DcmElement* found = element(tag);
  if (found == nullptr) return values;
  const std::string all = value_of(*found);
  for (std::size_t begin = 0; begin <= all.size();) {
    const std::size_t end = std::min(all.find('\\', begin), all.size());
    values.push_back(trimmed_capitals(std::string_view(all).substr(begin, end - begin)));
    begin = end + 1;
  }
  return values;
}

std::string DicomItem::text(const DcmTagKey& tag) const {
  const std::vector<std::string> values = texts(tag);
  return values.empty() ? "" : values.front();
}

std::string DicomItem::raw_text(const DcmTagKey& tag) const {
  DcmElement* found = element(tag);
  if (found == nullptr) return "";
  const std::string all = value_of(*found);
  return all.substr(0, all.find_last_not_of(std::string_view("\0 ", 2)) + 1);
}

std::vector<double> DicomItem::numbers(const DcmTagKey& tag) const {
  std::vector<double> values;
  for (const std::string& value : texts(tag)) {
    if (const auto number = number_of(value)) values.push_back(*number);
  }
  return values;
}

std::optional<double> DicomItem::number(const DcmTagKey& tag) const { return number_of(text(tag)); }

std::vector<std::uint16_t> DicomItem::words(const DcmTagKey& tag) const {
  DcmElement* found = element(tag);
  if (found == nullptr) return {};
  if (const auto bytes = unknown_bytes(*found)) return little_endian_words(*bytes);
  Uint16* words = nullptr;
  Sint16* signed_words = nullptr;
  const std::size_t count = found->getLengthField() / 2;
  if (found->getUint16Array(words).good() && words != nullptr) return {words, words + count};
  if (found->getSint16Array(signed_words).good() && signed_words != nullptr) {
    return {signed_words, signed_words + count};
  }
  return {};
}

int DicomItem::integer(const DcmTagKey& tag, bool is_signed) const {
  if (const std::vector<std::uint16_t> values = words(tag); !values.empty()) {
    return is_signed ? static_cast<std::int16_t>(values.front()) : values.front();
  }
  const double value = number(tag).value_or(0);  // of 32 bits, or a text
  return value >= -2147483648.0 && value <= 2147483647.0 ? static_cast<int>(value) : 0;
}

std::optional<DicomItem> DicomItem::item(const DcmTagKey& tag) const {
  DcmItem* found = nullptr;
  if (item_.findAndGetSequenceItem(tag, found).bad() || found == nullptr) return std::nullopt;
  return DicomItem(*found);
}

}  // namespace cxr
