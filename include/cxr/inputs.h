#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace cxr {

/// One radiograph to be read: where it is, and the name it goes by in results.
struct Input {
  std::filesystem::path file;
  /// The file name, or its path below the folder that was named: distinct, and UTF-8 (a byte that
  /// is none is written `\xE4`).
  std::string name;
};

struct InputOptions {
  bool recursive = false;     ///< enter sub-folders, too
  bool keep_missing = false;  ///< list a path that does not exist; reading it is an error
  std::filesystem::path left_out =
      {};  ///< a folder that is not entered: where results go; or empty
};

/// Lists the images to be read, in the order of `images_and_folders`; those in a folder sorted by
/// name (byte order). Files in a folder that are no images and hidden files and folders are passed
/// over. Symbolic links are followed, but no folder is entered twice, and no path is listed twice.
/// Inputs that would share a name go by the path as it was given.
///
/// A file that is named is always taken, whatever it holds. Throws UsageError when a path does not
/// exist (but see `keep_missing`) and Error when a folder cannot be listed; an empty list is not an
/// error.
std::vector<Input> find_inputs(const std::vector<std::filesystem::path>& images_and_folders,
                               const InputOptions& options = {});

/// Reads paths, one a line (LF or CRLF); empty lines are passed over.
std::vector<std::filesystem::path> read_path_list(std::istream& lines);

/// A distinct relative path `NAME.png` for the picture of each input: the input's name with its
/// extension replaced, or all of its name where two inputs share a stem (`a.png`, `a.jpg` give
/// `a.png.png`, `a.jpg.png`). Never leads out of a folder.
std::vector<std::string> picture_names(const std::vector<Input>& inputs);

}  // namespace cxr
