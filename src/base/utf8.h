#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace cxr {

/// The text with each byte that is not part of valid UTF-8 written as `\xE4`: file names may hold
/// any bytes, results are UTF-8. A backslash that would begin such an escape is written as `\x5C`,
/// so that no two texts become the same.
std::string to_utf8(const std::string& text);

/// Whether a byte of UTF-8 is the first of a code point.
inline bool begins_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

/// The number of code points in a UTF-8 text.
inline std::size_t utf8_length(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_code_point));
}

/// The columns that a UTF-8 text takes in a terminal: two for most East Asian letters, none for
/// marks that are combined with the letter before.
std::size_t display_width(const std::string& text);

/// The longest end of a text that takes no more than `width` columns.
std::string end_of_width(const std::string& text, std::size_t width);

}  // namespace cxr
