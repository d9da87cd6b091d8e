#include "labelled_set.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "cxr/error.h"
#include "cxr/inputs.h"
#include "finding.h"
#include "read/manifest.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::array kLists{"train", "test", "evaluate"};

Plan plan_manifest(const fs::path& file) {
  const ManifestTable table(file, {"image", "label"});
  Plan plan;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string split = table.cell(row, "split");
    plan.images.push_back({.from = table.path(row, "image"),
                           .name = table.path(row, "image").filename().string(),
                           .split = split.empty() ? "train" : split,
                           .label = table.cell(row, "label"),
                           .source = table.cell(row, "source"),
                           .patient = table.cell(row, "patient"),
                           .masks = {}});
  }
  return plan;
}

void plan_list(Plan& plan, const fs::path& folder, const std::string& split) {
  const fs::path file = folder / (split + ".txt");
  std::ifstream lines(file);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string patient, name, label, source;
    words >> patient >> name >> label >> source;
    if (label.empty()) {
      if (!patient.empty()) {
        plan.complain("list", file.string() + " line " + std::to_string(number), "damaged row");
      }
      continue;
    }
    plan.images.push_back({.from = folder / split / name,
                           .name = name,
                           .split = split,
                           .label = label_of_list(label),
                           .source = source,
                           .patient = patient,
                           .masks = {}});
  }
}

std::set<fs::path> folders_in(const fs::path& folder) {
  std::set<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool is_hidden = entry.path().filename().native().starts_with('.');
    if (entry.is_directory() && !is_hidden) folders.insert(entry.path());
  }
  return folders;
}

void plan_classes(Plan& plan, const fs::path& folder, const std::string& split) {
  for (const fs::path& label : folders_in(folder)) {
    for (const Input& input : find_inputs({label})) {
      plan.images.push_back({.from = input.file,
                             .name = input.file.filename().string(),
                             .split = split,
                             .label = label.filename().string(),
                             .source = "",
                             .patient = "",
                             .masks = {}});
    }
  }
}

/// `val` for the folder `valid`, as fastai calls it.
std::string split_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name == "valid" || name == "validation" ? "val" : name;
}

Plan plan_folder(const fs::path& folder) {
  Plan plan;
  const std::set<fs::path> folders = folders_in(folder);
  const bool has_splits =
      std::ranges::any_of(folders, [](const fs::path& each) { return !folders_in(each).empty(); });
  if (!has_splits) {
    plan_classes(plan, folder, "train");
  } else {
    for (const fs::path& each : folders) plan_classes(plan, each, split_of(each));
  }
  return plan;
}

}  // namespace

Plan plan_labelled_set(const fs::path& data) {
  std::error_code ignored;
  if (!fs::exists(data, ignored)) {
    throw UsageError("dataset", data.string(), "no such file or folder");
  }
  if (!fs::is_directory(data)) return plan_manifest(data);
  if (fs::exists(data / "manifest.csv")) return plan_manifest(data / "manifest.csv");
  Plan plan;
  for (const char* split : kLists) {
    if (fs::exists(data / (std::string(split) + ".txt"))) plan_list(plan, data, split);
  }
  if (plan.images.empty()) plan = plan_folder(data);
  if (plan.images.empty()) {
    throw UsageError("dataset", data.string(),
                     "contains neither manifest.csv, nor train.txt, nor a folder of images for "
                     "each class");
  }
  return plan;
}

}  // namespace cxr
