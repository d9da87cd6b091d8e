#include "manifest.h"

#include <map>
#include <set>
#include <utility>

#include "base/access.h"
#include "base/csv.h"
#include "base/listing.h"
#include "cxr/error.h"
#include "cxr/read.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestStage = "manifest";

/// The rows of all manifests, and what is wrong with each.
struct Rows {
  std::vector<ManifestRow> rows;
  std::vector<std::string> problems;  ///< one a row, the first found; empty where all is well
  bool one_manifest = true;

  std::string place(const ManifestRow& row) const {
    return (one_manifest ? "" : row.manifest.string() + " ") + "line " + std::to_string(row.line);
  }
  void complain(std::size_t row, std::string problem) {
    if (problems[row].empty()) problems[row] = std::move(problem);
  }
};

std::string problem_of_file(const char* column, const fs::path& file) {
  std::error_code ignored;
  if (file.empty()) return std::string(column) + " is empty";
  if (fs::is_regular_file(file, ignored)) return "";
  const std::string why = why_unreadable(file);
  return (why.empty() ? "is not a regular file" : why) + ": " + file.string();
}

std::string size_text(cv::Size size) {
  return std::to_string(size.width) + " x " + std::to_string(size.height);
}

std::string problem_of_pixels(const ManifestRow& row, Purpose purpose) {
  if (row.split != "train" && row.split != "val") return "";
  try {
    const cv::Size image = radiograph_size(row.image);
    if (purpose == Purpose::classification || row.mask.empty()) return "";
    const cv::Size mask = radiograph_size(row.mask);
    if (mask == image) return "";
    return "mask " + row.mask.string() + " is " + size_text(mask) + " pixels, its image " +
           size_text(image);
  } catch (const Error& error) {
    return error.what();
  }
}

const char* target_column(Purpose purpose) {
  return purpose == Purpose::segmentation ? "mask" : "label";
}

/// What is wrong with a row by itself; empty where nothing is.
std::string problem_of_row(const ManifestRow& row, const std::string& target, Purpose purpose) {
  if (row.split.empty()) return "split is empty";
  std::string what = problem_of_file("image", row.image);
  if (what.empty() && target.empty()) what = std::string(target_column(purpose)) + " is empty";
  if (what.empty() && !row.mask.empty()) what = problem_of_file("mask", row.mask);
  return what.empty() ? problem_of_pixels(row, purpose) : what;
}

void read_rows(const fs::path& file, Purpose purpose, Rows& all) {
  const bool segmentation = purpose == Purpose::segmentation;
  const ManifestTable table(file, {"image", "split", target_column(purpose)});
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto cell = [&](const char* column) { return table.cell(i, column); };
    all.rows.push_back({.image = table.path(i, "image"),
                        .mask = segmentation ? table.mask(i) : fs::path(),
                        .label = segmentation ? "" : cell("label"),
                        .split = cell("split"),
                        .source = cell("source"),
                        .patient = cell("patient"),
                        .age_group = cell("age_group"),
                        .view = cell("view"),
                        .manifest = file,
                        .line = table.line(i)});
    all.problems.push_back(problem_of_row(all.rows.back(), cell(target_column(purpose)), purpose));
  }
}

void find_unknown_labels(Rows& all) {
  std::set<std::string> known;
  for (const ManifestRow& row : all.rows) {
    if (row.split == "train" && !row.label.empty()) known.insert(row.label);
  }
  if (known.empty()) return;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    if (known.contains(all.rows[i].label)) continue;
    all.complain(i, "label '" + all.rows[i].label + "' does not occur in train, which has " +
                        join({known.begin(), known.end()}));
  }
}

/// Finds rows of `val` for which `key` gives what it gives for a row of `train`.
template <typename Key>
void find_leaks(Rows& all, const std::string& what, const Key& key) {
  std::map<std::string, const ManifestRow*> training;
  for (const ManifestRow& row : all.rows) {
    if (row.split == "train") training.emplace(key(row), &row);
  }
  training.erase("");
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    if (all.rows[i].split != "val") continue;
    const auto found = training.find(key(all.rows[i]));
    if (found == training.end()) continue;
    all.complain(i, what + " is in train, too (" + all.place(*found->second) + ")");
  }
}

std::string same_file(const ManifestRow& row) {
  std::error_code ignored;
  return row.image.empty() ? "" : fs::weakly_canonical(row.image, ignored).string();
}

/// What is wrong, with its place.
std::vector<std::string> problems_of(const Rows& all) {
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    if (!all.problems[i].empty())
      problems.push_back(all.place(all.rows[i]) + ": " + all.problems[i]);
  }
  return problems;
}

}  // namespace

ManifestTable::ManifestTable(const fs::path& file, const std::vector<std::string>& needed)
    : table_(read_csv(file)) {
  for (const std::string& column : needed) table_.column(column);
  if (table_.rows.empty()) throw Error(kManifestStage, file.string(), "has no rows");
}

std::string ManifestTable::cell(std::size_t row, const std::string& column) const {
  const std::ptrdiff_t at = table_.find_column(column);
  return at < 0 ? "" : table_.rows[row][static_cast<std::size_t>(at)];
}

fs::path ManifestTable::path(std::size_t row, const std::string& column) const {
  const std::string name = cell(row, column);
  return name.empty() ? fs::path() : table_.file.parent_path() / name;
}

fs::path ManifestTable::mask(std::size_t row) const {
  return cell(row, "mask") == "none" ? fs::path() : path(row, "mask");
}

std::vector<ManifestRow> read_manifests(const std::vector<fs::path>& files, Purpose purpose) {
  Rows all;
  all.one_manifest = files.size() == 1;
  for (const fs::path& file : files) read_rows(file, purpose, all);
  if (purpose == Purpose::classification) find_unknown_labels(all);
  find_leaks(all, "image", same_file);
  find_leaks(all, "patient", [](const ManifestRow& row) { return row.patient; });
  const std::vector<std::string> problems = problems_of(all);
  if (!problems.empty()) {
    throw Error(kManifestStage, all.one_manifest ? files[0].string() : "", bad_rows(problems));
  }
  return std::move(all.rows);
}

}  // namespace cxr
