#include "derived_uid.h"

#include <algorithm>

#include "base/sha256.h"

namespace cxr {
namespace {

int value_of(char hex_digit) { return hex_digit <= '9' ? hex_digit - '0' : hex_digit - 'a' + 10; }

std::string decimal(const std::string& hex) {
  std::string digits = "0";  // the lowest first
  for (const char hex_digit : hex) {
    int carry = value_of(hex_digit);
    for (char& digit : digits) {
      carry += 16 * (digit - '0');
      digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) digits += static_cast<char>('0' + carry % 10);
  }
  std::ranges::reverse(digits);
  return digits;
}

}  // namespace

std::string derived_uid(const std::string& text) {
  std::string uuid = sha256_of(text).substr(0, 32);
  uuid[12] = '8';                             // the version
  uuid[16] = "89ab"[value_of(uuid[16]) % 4];  // the variant
  return "2.25." + decimal(uuid);
}

}  // namespace cxr
