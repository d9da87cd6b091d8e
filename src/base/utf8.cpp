#include "utf8.h"

#include <cstddef>
#include <cstring>

namespace cxr {
namespace {

constexpr const char* kDigits = "0123456789ABCDEF";

/// How many bytes of `text` from `at` on are one code point of UTF-8 (RFC 3629); 0 if none is.
std::size_t code_point_length(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto within = [](unsigned value, unsigned least, unsigned most) {
    return value >= least && value <= most;
  };
  const auto goes_on = [&](std::size_t i) { return within(byte(i), 0x80, 0xBF); };
  const unsigned first = byte(at), second = byte(at + 1);
  if (first < 0x80) return 1;
  if (within(first, 0xC2, 0xDF)) return goes_on(at + 1) ? 2 : 0;
  if (within(first, 0xE0, 0xEF)) {
    const bool is_short = first == 0xE0 && second < 0xA0;
    const bool is_surrogate = first == 0xED && second > 0x9F;
    return goes_on(at + 1) && goes_on(at + 2) && !is_short && !is_surrogate ? 3 : 0;
  }
  const bool is_range = (first == 0xF0 && second >= 0x90) || within(first, 0xF1, 0xF3) ||
                        (first == 0xF4 && second <= 0x8F);
  return is_range && goes_on(at + 1) && goes_on(at + 2) && goes_on(at + 3) ? 4 : 0;
}

/// Whether `\xE4` stands at `at`.
bool is_escape(const std::string& text, std::size_t at) {
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::strchr(kDigits, text[i]) != nullptr && text[i] != '\0';
  };
  return text.compare(at, 2, "\\x") == 0 && is_digit(at + 2) && is_digit(at + 3);
}

}  // namespace

std::string to_utf8(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = is_escape(text, at) ? 0 : code_point_length(text, at);
    if (length > 0) {
      result += text.substr(at, length);
      at += length;
    } else {
      const auto byte = static_cast<unsigned char>(text[at++]);
      result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result;
}

}  // namespace cxr
