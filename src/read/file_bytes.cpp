#include "file_bytes.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30;

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error("read", file.string(), what);
}

/// The size of a file that can be read.
std::uintmax_t size_in_bytes(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::is_directory(status)) {  // that was not listed
    const fs::directory_iterator listing(file, error);
    fail(file, error ? "cannot be listed: " + error.message() : "is a folder");
  }
  if (error && status.type() != fs::file_type::not_found) {
    fail(file, "cannot be opened: " + error.message());
  }
  if (!fs::exists(status)) fail(file, "no such file");
  // A pipe or device has no size and may have no end.
  if (!fs::is_regular_file(status)) fail(file, "is not a regular file");
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) fail(file, "cannot be opened: " + error.message());
  if (size == 0) fail(file, "is empty");
  if (size > kMaxFileBytes) fail(file, "is larger than 1 GiB");
  return size;
}

std::vector<std::uint8_t> read_bytes(const fs::path& file, std::uintmax_t size) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(file, std::string("cannot be opened: ") + std::strerror(errno));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!stream) fail(file, "cannot be read to its end");
  return bytes;
}

}  // namespace

FileBytes::FileBytes(const fs::path& file)
    : size_(size_in_bytes(file)), share_(file_budget, size_), bytes_(read_bytes(file, size_)) {}

}  // namespace cxr
