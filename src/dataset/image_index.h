#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace cxr {

enum class Depth { flat, recursive };

/// The files of a folder by their names, as published tables have them: in other letter case, with
/// another suffix (films converted from DICOM), with or without the space in `COVID-19 (1)`. Hidden
/// files, and folders with `mask` in their name, are not searched.
class ImageIndex {
 public:
  /// Throws UsageError where the folder cannot be listed.
  ImageIndex(const std::filesystem::path& folder, Depth depth);

  /// The file of that name; or else one of the same name but for the suffix, of several one that is
  /// not DICOM. Empty where there is none.
  std::filesystem::path find(const std::string& name) const;

 private:
  void add(const std::filesystem::path& file);

  std::map<std::string, std::filesystem::path> by_name_;
  std::map<std::string, std::filesystem::path> by_stem_;
};

/// A text in lower case (ASCII), without spaces.
std::string plain_name(const std::string& name);

}  // namespace cxr
