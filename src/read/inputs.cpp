#include "cxr/inputs.h"

#include <algorithm>
#include <istream>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/utf8.h"
#include "cxr/error.h"
#include "cxr/read.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& file) { return file.filename().native().starts_with('.'); }

fs::path real_path(const fs::path& file) {
  std::error_code ignored;
  return fs::weakly_canonical(file, ignored);
}

/// Lists the images of folders.
class Listing {
 public:
  explicit Listing(const InputOptions& options)
      : recursive_(options.recursive),
        left_out_(options.left_out.empty() ? fs::path() : real_path(options.left_out)) {}

  /// Adds what is in `folder` and goes by a name that begins with `prefix`. Links to folders come
  /// last, so that what can be reached without them is.
  void add(const fs::path& folder, const fs::path& prefix, std::vector<Input>& inputs) {
    if (!entered_.insert(real_path(folder)).second) return;
    std::vector<fs::path> folders, links;
    for (const fs::directory_entry& entry : entries_of(folder)) {
      const fs::path& file = entry.path();
      std::error_code ignored;
      if (is_hidden(file)) continue;
      if (entry.is_directory(ignored)) {
        (entry.is_symlink(ignored) ? links : folders).push_back(file.filename());
      } else if (looks_like_image(file)) {
        inputs.push_back({file, to_utf8((prefix / file.filename()).string())});
      }
    }
    if (!recursive_) return;
    folders.insert(folders.end(), links.begin(), links.end());
    for (const fs::path& name : folders) {
      if (real_path(folder / name) != left_out_) add(folder / name, prefix / name, inputs);
    }
  }

 private:
  static std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
    try {
      std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), {});
      std::ranges::sort(entries);
      return entries;
    } catch (const fs::filesystem_error& error) {
      throw Error("input", folder.string(), "cannot be listed: " + error.code().message());
    }
  }

  bool recursive_;
  fs::path left_out_;
  std::set<fs::path> entered_;
};

/// Removes what is listed twice: the same path, however it was written.
void remove_repeated(std::vector<Input>& inputs) {
  std::set<fs::path> seen;
  std::erase_if(inputs, [&](const Input& input) {
    return !seen.insert(fs::absolute(input.file).lexically_normal()).second;
  });
}

/// Gives inputs that share a name their path instead.
void make_names_distinct(std::vector<Input>& inputs) {
  std::map<std::string, int> sharing;
  for (const Input& input : inputs) ++sharing[input.name];
  for (Input& input : inputs) {
    if (sharing[input.name] > 1) input.name = to_utf8(input.file.string());
  }
}

/// A path without what leads elsewhere: root, `.` and `..`.
fs::path below(const fs::path& path) {
  fs::path inside;
  for (const fs::path& part : path.relative_path()) {
    if (part != "." && part != "..") inside /= part;
  }
  return inside;
}

std::string stem(const Input& input) {
  return below(fs::path(input.name).replace_extension()).string();
}

}  // namespace

std::vector<Input> find_inputs(const std::vector<fs::path>& images_and_folders,
                               const InputOptions& options) {
  std::vector<Input> inputs;
  for (const fs::path& path : images_and_folders) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (!fs::exists(status) && !options.keep_missing) {
      throw UsageError("input", path.string(), "no such file or folder");
    }
    if (!fs::is_directory(status)) {
      inputs.push_back({path, to_utf8(path.filename().string())});
      continue;
    }
    std::vector<Input> found;
    Listing(options).add(path, "", found);
    std::ranges::sort(found, {}, &Input::name);
    inputs.insert(inputs.end(), found.begin(), found.end());
  }
  remove_repeated(inputs);
  make_names_distinct(inputs);
  return inputs;
}

std::vector<fs::path> read_path_list(std::istream& lines) {
  std::vector<fs::path> paths;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) paths.emplace_back(line);
  }
  return paths;
}

std::vector<std::string> picture_names(const std::vector<Input>& inputs) {
  std::map<std::string, int> sharing;
  for (const Input& input : inputs) ++sharing[stem(input)];

  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const Input& input : inputs) {
    const std::string whole = below(input.name).string();
    std::string name = (sharing[stem(input)] == 1 ? stem(input) : whole) + ".png";
    // `a.jpg`, `a.png` and `a.png.png` would give `a.png.png` twice.
    for (int i = 2; !taken.insert(name).second; ++i) {
      name = whole;
      if (i > 2) name.append("-").append(std::to_string(i));
      name.append(".png");
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace cxr
