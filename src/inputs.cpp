#include "cxr/inputs.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "cxr/error.h"
#include "cxr/read.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& file) { return file.filename().native().starts_with('.'); }

std::string stem(const Input& input) { return fs::path(input.name).stem().string(); }

}  // namespace

std::vector<Input> find_inputs(const fs::path& image_or_folder) {
  std::error_code ignored;
  const fs::file_status status = fs::status(image_or_folder, ignored);
  if (!fs::exists(status)) {
    throw UsageError("input", image_or_folder.string(), "no such file or folder");
  }
  if (!fs::is_directory(status)) {
    return {{image_or_folder, image_or_folder.filename().string()}};
  }

  std::vector<Input> inputs;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(image_or_folder)) {
      const fs::path& file = entry.path();
      if (is_hidden(file) || !looks_like_image(file)) continue;
      inputs.push_back({file, file.filename().string()});
    }
  } catch (const fs::filesystem_error& error) {
    throw Error("input", image_or_folder.string(), "cannot be listed: " + error.code().message());
  }
  std::ranges::sort(inputs, {}, &Input::name);
  return inputs;
}

std::vector<std::string> picture_names(const std::vector<Input>& inputs) {
  std::map<std::string, int> sharing;
  for (const Input& input : inputs) ++sharing[stem(input)];

  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const Input& input : inputs) {
    std::string name = (sharing[stem(input)] == 1 ? stem(input) : input.name) + ".png";
    // `a.jpg`, `a.png` and `a.png.png` would give `a.png.png` twice.
    for (int i = 2; !taken.insert(name).second; ++i) {
      name = input.name;
      if (i > 2) name.append("-").append(std::to_string(i));
      name.append(".png");
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace cxr
