#pragma once

#include <string>

namespace cxr {

/// The text with each byte that is no part of valid UTF-8 written as `\xE4`: file names may hold
/// any bytes, results are UTF-8.
std::string to_utf8(const std::string& text);

}  // namespace cxr
