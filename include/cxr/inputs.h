#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace cxr {

/// One radiograph to be read: where it is, and its name in results.
struct Input {
  std::filesystem::path file;
  /// The path below the folder that was named, or below InputOptions::root; of a file that was
  /// named, the path as it was given. It does not depend on the other inputs. UTF-8: see to_utf8().
  std::string name;
  /// Why it cannot be read, as far as that is known without trying; empty otherwise.
  std::string problem = {};
};

struct InputOptions {
  bool recursive = false;               ///< search sub-folders, too
  bool keep_missing = false;            ///< list a path that does not exist; reading it is an error
  bool trust_names = false;             ///< take a path that ends like an image for a file, unseen
  std::filesystem::path left_out = {};  ///< a folder that is not searched: where results go
  std::filesystem::path root = {};      ///< names are paths below this folder; empty: see Input
};

/// Lists the images to be read, in the order of `images_and_folders`; those in a folder sorted by
/// name (byte order). Hidden files and folders, files in a folder that are not images, and folders
/// with results of cxr-infer (see holds_results()) are skipped. Symbolic links are followed, but no
/// folder is searched twice, and no path is listed twice.
///
/// A file that is named is always taken, whatever it holds. A sub-folder that cannot be listed is
/// an input with a `problem`. An empty list is not an error. Throws UsageError where
/// - a path does not exist (but see `keep_missing`),
/// - a folder that is named holds results of cxr-infer,
/// - a path is not below `root`,
/// - two files would have the same name;
/// and Error where a folder that is named cannot be listed.
std::vector<Input> find_inputs(const std::vector<std::filesystem::path>& images_and_folders,
                               const InputOptions& options = {});

/// Whether a folder is the output folder of an earlier run: it has a run.json of cxr-infer.
bool holds_results(const std::filesystem::path& folder);

/// Reads paths, one per line (LF or CRLF); empty lines are skipped.
std::vector<std::filesystem::path> read_path_list(std::istream& lines);

/// A distinct relative path `NAME.png` for the picture of each input. The extension of an image
/// format is replaced (`b/a.jpg` gives `b/a.png`, `1.2.840.1` gives `1.2.840.1.png`); where two
/// inputs would get the same path, they keep their extension (`a.png.png`, `a.jpg.png`). Names too
/// long for a file are shortened. Never leads out of a folder.
std::vector<std::string> picture_names(const std::vector<Input>& inputs);

}  // namespace cxr
