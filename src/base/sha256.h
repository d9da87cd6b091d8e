#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace cxr {

/// The SHA-256 of a file's content (FIPS 180-4) as 64 lower-case hexadecimal digits. Throws Error,
/// stage `read`, if the file cannot be read.
std::string sha256(const std::filesystem::path& file);

/// The same of bytes in memory.
std::string sha256_of(std::string_view bytes);

/// The same of bytes that come in blocks.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view block);
  std::string finish();

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace cxr
