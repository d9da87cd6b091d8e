#include "cxr/inputs.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <istream>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/access.h"
#include "base/utf8.h"
#include "cxr/error.h"
#include "cxr/read.h"
#include "image_extension.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& file) { return file.filename().native().starts_with('.'); }

fs::path real_path(const fs::path& file) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(file.empty() ? "." : file, ignored), ignored);
}

/// Real paths of files, in which only the folders are resolved: a link to a file is a file of its
/// own. Remembers the folders; as texts, which need less memory than paths.
class RealFolders {
 public:
  std::string place_of(const fs::path& file) {
    const fs::path parent = file.parent_path();
    auto known = folders_.find(parent.native());
    if (known == folders_.end()) {
      known = folders_.emplace(parent.native(), (real_path(parent) / "").native()).first;
    }
    return known->second + file.filename().native();
  }

 private:
  std::unordered_map<std::string, std::string> folders_;
};

std::string cannot_be_listed(const fs::filesystem_error& error) {
  return "cannot be listed: " + error.code().message();
}

/// Lists the images of folders.
class Listing {
 public:
  explicit Listing(const InputOptions& options)
      : recursive_(options.recursive),
        left_out_(options.left_out.empty() ? fs::path() : real_path(options.left_out)) {}

  /// Adds what is in `folder` and has a name that begins with `prefix`. Links to folders come last,
  /// so that what can be reached without them is.
  void add(const fs::path& folder, const fs::path& prefix, std::vector<Input>& inputs) {
    const fs::path real = real_path(folder);  // empty where the path is too long
    if (!real.empty() && !entered_.insert(real).second) return;
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
    for (const fs::path& name : folders) add_sub_folder(folder / name, prefix / name, inputs);
  }

 private:
  void add_sub_folder(const fs::path& folder, const fs::path& prefix, std::vector<Input>& inputs) {
    const bool is_left_out = !left_out_.empty() && real_path(folder) == left_out_;
    if (is_left_out || holds_results(folder)) return;
    try {
      add(folder, prefix, inputs);
    } catch (const fs::filesystem_error& error) {
      inputs.push_back({folder, to_utf8(prefix.string()), cannot_be_listed(error)});
    }
  }

  static std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
    std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), {});
    std::ranges::sort(entries);
    return entries;
  }

  bool recursive_;
  fs::path left_out_;
  std::set<fs::path> entered_;
};

/// A path without `.` and repeated slashes.
fs::path tidy(const fs::path& path) {
  fs::path result;
  for (const fs::path& part : path) {
    if (part != "." && !part.empty()) result /= part;
  }
  return result;
}

bool leads_out(const fs::path& path) { return path.empty() || *path.begin() == ".."; }

/// Names inputs by their path below a folder.
void name_below(const fs::path& root, std::vector<Input>& inputs) {
  RealFolders folders;
  const fs::path as_written = fs::absolute(root).lexically_normal() / "";
  const fs::path real = real_path(root);
  for (Input& input : inputs) {
    // The path as it is written leads through links; `..` behind a link is something else.
    fs::path name = fs::absolute(input.file).lexically_normal().lexically_relative(as_written);
    const bool has_dots = std::ranges::find(input.file, fs::path("..")) != input.file.end();
    if (has_dots || leads_out(name)) {
      name = fs::path(folders.place_of(input.file)).lexically_relative(real);
    }
    if (leads_out(name)) {
      throw UsageError("input", input.file.string(), "is not below --root " + root.string());
    }
    input.name = to_utf8(name.string());
  }
}

/// Removes what is listed twice: the same file in the same folder, however it was written; or, so
/// that no folder is looked at, what was written alike.
void remove_repeated(std::vector<Input>& inputs, bool trust_names) {
  RealFolders folders;
  std::unordered_set<std::string> seen;
  std::erase_if(inputs, [&](const Input& input) {
    return !seen.insert(trust_names ? input.name : folders.place_of(input.file)).second;
  });
}

void require_distinct_names(const std::vector<Input>& inputs) {
  std::unordered_map<std::string_view, const Input*> named;
  for (const Input& input : inputs) {
    const auto [other, is_new] = named.emplace(input.name, &input);
    if (is_new) continue;
    throw UsageError("input", input.file.string(),
                     "would have the same name in the results as " + other->second->file.string() +
                         ": '" + input.name + "'; use --root DIR to name images by their path " +
                         "below DIR");
  }
}

void add_path(const fs::path& path, const InputOptions& options, std::vector<Input>& inputs) {
  const auto take = [&] { inputs.push_back({path, to_utf8(tidy(path).string())}); };
  if (options.trust_names && has_image_extension(path)) return take();
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (!fs::exists(status) && !options.keep_missing) {
    const bool is_missing = status.type() == fs::file_type::not_found;
    throw UsageError("input", path.string(),
                     is_missing ? "no such file or folder" : why_unreadable(path));
  }
  if (!fs::is_directory(status)) return take();
  if (holds_results(path)) {
    throw UsageError("input", path.string(), "holds results of cxr-infer, not radiographs");
  }
  std::vector<Input> found;
  try {
    Listing(options).add(path, "", found);
  } catch (const fs::filesystem_error& error) {
    throw Error("input", path.string(), cannot_be_listed(error));
  }
  std::ranges::sort(found, {}, &Input::name);
  inputs.insert(inputs.end(), found.begin(), found.end());
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
  const fs::path name = below(input.name);
  return has_image_extension(name) ? fs::path(name).replace_extension().string() : name.string();
}

/// The 64-bit hash of Fowler, Noll and Vo (FNV-1a).
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char letter : text) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211U;
  }
  return hash;
}

/// A path whose parts are short enough for names of files, with room for an ending.
std::string shortened(const std::string& path) {
  constexpr std::size_t kLongest = 240, kHash = 20;
  fs::path result;
  for (const fs::path& part : fs::path(path)) {
    std::string name = part.string();
    if (name.size() > kLongest) {
      std::size_t end = kLongest - kHash - 1;
      while (end > 0 && !begins_code_point(name[end])) --end;
      name = name.substr(0, end) + "-" + std::to_string(hash_of(part.string()));
    }
    result /= name;
  }
  return result.string();
}

}  // namespace

std::vector<Input> find_inputs(const std::vector<fs::path>& images_and_folders,
                               const InputOptions& options) {
  std::vector<Input> inputs;
  for (const fs::path& path : images_and_folders) add_path(path, options, inputs);
  remove_repeated(inputs, options.trust_names);
  if (!options.root.empty()) name_below(options.root, inputs);
  require_distinct_names(inputs);
  return inputs;
}

bool holds_results(const fs::path& folder) {
  const fs::path file = folder / "run.json";
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return false;  // opening a pipe would wait
  std::string start(256, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start.find(R"("program": "cxr-infer")") != std::string::npos;
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
    const std::string whole = shortened(below(input.name).string());
    std::string name = (sharing[stem(input)] == 1 ? shortened(stem(input)) : whole) + ".png";
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
