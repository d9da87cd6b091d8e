#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cxr {

/// The SHA-256 of what a file holds (FIPS 180-4), as 64 lower-case hexadecimal digits: tells models
/// and manifests apart. Throws Error, stage `read`, where the file cannot be read.
std::string sha256(const std::filesystem::path& file);

/// The same of bytes in memory.
std::string sha256_of(std::string_view bytes);

}  // namespace cxr
