#include "cxr/shard.h"

#include <charconv>
#include <cstdint>

#include "base/sha256.h"

namespace cxr {

std::size_t shard_of(const std::string& name, std::size_t count) {
  constexpr int kDigits = 16;  // of eight bytes
  const std::string digest = sha256_of(name);
  std::uint64_t number = 0;
  std::from_chars(digest.data(), digest.data() + kDigits, number, 16);
  return number % count + 1;
}

std::string fingerprint_of(const std::vector<Input>& inputs) {
  Sha256 digest;
  for (const Input& input : inputs) {
    digest.add(input.name);
    digest.add(std::string_view("\0", 1));  // no name has one
  }
  return digest.finish();
}

}  // namespace cxr
