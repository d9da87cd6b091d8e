#include "evaluation_data.h"

#include <algorithm>
#include <set>

#include "base/access.h"
#include "base/csv.h"
#include "base/listing.h"
#include "cxr/error.h"
#include "cxr/inputs.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxGroups = 20;

std::string line_name(std::size_t number) { return "line " + std::to_string(number); }

EvaluationData read_folder(const fs::path& folder) {
  EvaluationData data{.file = folder, .columns = {}, .rows = {}, .left_out = {}};
  std::set<fs::path> classes;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool is_hidden = entry.path().filename().native().starts_with('.');
    if (entry.is_directory() && !is_hidden) classes.insert(entry.path());
  }
  for (const fs::path& each : classes) {
    const std::string label = each.filename().string();
    for (const Input& input : find_inputs({each})) {
      data.rows.push_back({.image = input.file,
                           .name = label + "/" + input.name,
                           .mask = {},
                           .label = label,
                           .patient = {},
                           .cells = {},
                           .line = 0});
    }
  }
  if (data.rows.empty()) {
    throw UsageError("input", folder.string(),
                     "contains no sub-folder with images; one per class is needed");
  }
  return data;
}

/// Selects the rows of a split from a manifest.
class Selection {
 public:
  /// Throws UsageError if a column is missing.
  Selection(const fs::path& file, Purpose purpose)
      : target_(purpose == Purpose::segmentation ? "mask" : "label"), manifest_(file, {}) {
    for (const std::string& column : {std::string("image"), target_}) {
      if (manifest_.table().find_column(column) >= 0) continue;
      throw UsageError(
          "manifest", file.string(),
          "has no column '" + column + "'; its columns: " + join(manifest_.table().header));
    }
  }

  EvaluationData select(const std::string& split) {
    EvaluationData data{
        .file = manifest_.table().file, .columns = other_columns(), .rows = {}, .left_out = {}};
    for (std::size_t i = 0; i < manifest_.size(); ++i) {
      if (split.empty() || manifest_.cell(i, "split") == split) {
        data.rows.push_back(row(i, data.columns));
        note_problems(data.rows.back(), manifest_.cell(i, target_));
      } else {
        data.left_out.push_back(manifest_.cell(i, "image"));
      }
    }
    if (!problems_.empty()) throw Error("manifest", data.file.string(), bad_rows(problems_));
    if (data.rows.empty()) refuse_split(split);
    return data;
  }

 private:
  std::vector<std::string> other_columns() const {
    std::vector<std::string> columns = manifest_.table().header;
    std::erase_if(columns, [](const std::string& name) {
      return name == "image" || name == "label" || name == "mask";
    });
    return columns;
  }

  EvaluationRow row(std::size_t i, const std::vector<std::string>& columns) const {
    const bool masks = target_ == "mask";
    EvaluationRow row{.image = manifest_.path(i, "image"),
                      .name = manifest_.cell(i, "image"),
                      .mask = masks ? manifest_.mask(i) : fs::path(),
                      .label = masks ? "" : manifest_.cell(i, "label"),
                      .patient = manifest_.cell(i, "patient"),
                      .cells = {},
                      .line = manifest_.line(i)};
    for (const std::string& column : columns) row.cells.push_back(manifest_.cell(i, column));
    return row;
  }

  void note_problems(const EvaluationRow& row, const std::string& target) {
    const auto complain = [&](const std::string& what) {
      problems_.push_back(line_name(row.line) + ": " + what);
    };
    if (row.name.empty()) return complain("image is empty");
    if (target.empty()) complain(target_ + " is empty");
    const auto [first, is_new] = lines_.try_emplace(row.name, row.line);
    if (!is_new) complain("'" + row.name + "' is already on " + line_name(first->second));
  }

  [[noreturn]] void refuse_split(const std::string& split) const {
    std::set<std::string> known;
    for (std::size_t i = 0; i < manifest_.size(); ++i) known.insert(manifest_.cell(i, "split"));
    const bool has_column = manifest_.table().find_column("split") >= 0;
    throw UsageError("manifest", manifest_.table().file.string(),
                     has_column ? "contains no rows of split '" + split + "'; its splits: " +
                                      first_of({known.begin(), known.end()}, ", ")
                                : "has no column 'split', which --split needs");
  }

  std::string target_;
  ManifestTable manifest_;
  std::map<std::string, std::size_t> lines_;
  std::vector<std::string> problems_;
};

void require_readable(const fs::path& file) {
  if (const std::string why = why_unreadable(file); !why.empty()) {
    throw UsageError("input", file.string(), why);
  }
}

void check_range(const std::string& option, int value, int low, int high) {
  if (value >= low && value <= high) return;
  throw UsageError("evaluate", option,
                   "must be from " + std::to_string(low) + " to " + std::to_string(high) +
                       ", not " + std::to_string(value));
}

}  // namespace

EvaluationData read_evaluation_data(const EvaluationRequest& request, Purpose purpose) {
  check_range("worst", request.worst, 0, 1000);
  check_range("bootstrap", request.bootstrap, 0, 100000);
  std::error_code ignored;
  const fs::file_type kind = fs::status(request.data, ignored).type();
  if (kind == fs::file_type::not_found) {
    throw UsageError("input", request.data.string(), "no such file or folder");
  }
  if (kind != fs::file_type::directory) require_readable(request.data);
  if (!fs::is_directory(request.data)) {
    return Selection(request.data, purpose).select(request.split);
  }
  if (purpose == Purpose::segmentation) {
    throw UsageError("input", request.data.string(), "is a folder; segmentation needs a manifest");
  }
  if (!request.split.empty()) {
    throw UsageError("input", request.data.string(), "is a folder; --split needs a manifest");
  }
  return read_folder(request.data);
}

std::vector<std::size_t> class_indices(const EvaluationData& data,
                                       const std::vector<std::string>& classes) {
  std::vector<std::size_t> indices;
  std::map<std::string, std::vector<std::string>> unknown;
  for (const EvaluationRow& row : data.rows) {
    const auto found = std::ranges::find(classes, row.label);
    if (found == classes.end()) {
      unknown[row.label].push_back(row.line == 0 ? row.name : std::to_string(row.line));
    }
    indices.push_back(static_cast<std::size_t>(found - classes.begin()));
  }
  if (unknown.empty()) return indices;
  std::vector<std::string> problems;
  for (const auto& [label, lines] : unknown) {
    const bool is_folder = data.rows.front().line == 0;
    std::string& problem = problems.emplace_back("'" + label + "' (");
    if (!is_folder) problem += lines.size() == 1 ? "line " : "lines ";
    problem += first_of(lines, ", ") + ")";
  }
  throw UsageError("manifest", data.file.string(),
                   "unknown labels: " + first_of(problems, "; ") +
                       "; the classifier's classes: " + join(classes));
}

std::vector<Breakdown> break_down(const EvaluationData& data,
                                  const std::vector<std::size_t>& rows) {
  std::vector<Breakdown> result;
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    const std::string& column = data.columns[i];
    if (column == "split" || column == "patient") continue;
    Breakdown by{column, {}};
    for (const std::size_t row : rows) by.rows[data.rows[row].cells[i]].push_back(row);
    if (by.rows.size() >= 2 && by.rows.size() <= kMaxGroups) result.push_back(std::move(by));
  }
  return result;
}

std::vector<std::string> patients_of(const EvaluationData& data,
                                     const std::vector<std::size_t>& rows) {
  std::vector<std::string> patients;
  patients.reserve(rows.size());
  for (const std::size_t row : rows) patients.push_back(data.rows[row].patient);
  return patients;
}

}  // namespace cxr
