#include "sha256.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <span>
#include <vector>

#include "access.h"
#include "cxr/error.h"

namespace cxr {
namespace {

std::string to_hex(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void require(int success) {
  if (success != 1) throw Error("hash", "SHA-256", "cannot be computed");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view block) {
  require(EVP_DigestUpdate(context_.get(), block.data(), block.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return to_hex(digest);
}

std::string sha256(const std::filesystem::path& file) {
  if (const std::string why = why_unreadable(file); !why.empty()) {
    throw Error("read", file.string(), why);
  }
  std::ifstream in(file, std::ios::binary);
  Sha256 digest;
  std::vector<char> block(1 << 18);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    digest.add({block.data(), static_cast<std::size_t>(in.gcount())});
  }
  if (in.bad()) throw Error("read", file.string(), "cannot be read to its end");
  return digest.finish();
}

std::string sha256_of(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.finish();
}

}  // namespace cxr
