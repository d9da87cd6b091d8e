#pragma once

#include <string>

namespace cxr {

/// A UID below 2.25 (PS3.5, B.2) that depends on nothing but the text: a UUID, version 8 of RFC
/// 9562, of the text's SHA-256.
std::string derived_uid(const std::string& text);

}  // namespace cxr
