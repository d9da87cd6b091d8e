#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string>

namespace cxr {

/// Whether a name ends like that of an image in one of the formats that are read.
inline bool has_image_extension(const std::filesystem::path& file) {
  static constexpr std::array kExtensions = {".png",  ".jpg", ".jpeg", ".jpe", ".jfif", ".tif",
                                             ".tiff", ".bmp", ".webp", ".dcm", ".dicom"};
  std::string extension = file.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

}  // namespace cxr
