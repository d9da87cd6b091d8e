#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cxr {

/// One radiograph to be read: where it is, and the name it goes by in results.
struct Input {
  std::filesystem::path file;
  std::string name;  ///< the file name, as the original programme reports it
};

/// Lists the images to be read: the file itself, or the images directly in a folder, sorted by
/// name (byte order). Files in a folder that are no images are passed over.
///
/// A file that is named is always taken, whatever it holds. Throws UsageError when the path does
/// not exist and Error when a folder cannot be listed; an empty list is not an error.
std::vector<Input> find_inputs(const std::filesystem::path& image_or_folder);

/// A distinct file name `NAME.png` for the picture of each input: the input's stem, or its whole
/// name where two inputs share a stem (`a.png`, `a.jpg` give `a.png.png`, `a.jpg.png`).
std::vector<std::string> picture_names(const std::vector<Input>& inputs);

}  // namespace cxr
