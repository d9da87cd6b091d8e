#include "utf8.h"

#include <clocale>
#include <cstddef>
#include <cstring>
#include <cwchar>

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

/// While it lives, the C library takes texts of this thread for UTF-8, whatever the user's locale.
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 != nullptr) before_ = ::uselocale(utf8);
  }
  ~Utf8Locale() {
    if (before_ != nullptr) ::uselocale(before_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t before_ = nullptr;
};

/// What stands at a place of a text: a code point, or a byte that begins none.
struct Letter {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Letter letter_at(const std::string& text, std::size_t at) {
  const std::size_t bytes = code_point_length(text, at);
  if (bytes <= 1) return {};
  std::mbstate_t state{};
  wchar_t letter = 0;
  if (std::mbrtowc(&letter, text.data() + at, bytes, &state) != bytes) return {.bytes = bytes};
  const int columns = ::wcwidth(letter);
  return {bytes, columns < 0 ? 1 : static_cast<std::size_t>(columns)};
}

}  // namespace

std::size_t display_width(const std::string& text) {
  const Utf8Locale locale;
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    columns += letter.columns;
    at += letter.bytes;
  }
  return columns;
}

std::string end_of_width(const std::string& text, std::size_t width) {
  std::size_t columns = display_width(text);
  const Utf8Locale locale;
  std::size_t at = 0;
  while (at < text.size()) {
    const Letter letter = letter_at(text, at);
    const bool is_mark_of_left_out = at > 0 && letter.columns == 0;
    if (columns <= width && !is_mark_of_left_out) break;
    columns -= letter.columns;
    at += letter.bytes;
  }
  return text.substr(at);
}

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
