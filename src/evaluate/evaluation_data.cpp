#include "evaluation_data.h"

#include <algorithm>
#include <regex>
#include <set>

#include "base/csv.h"
#include "base/listing.h"
#include "cxr/error.h"
#include "cxr/inputs.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxGroups = 20;

std::string line(std::size_t number) { return "line " + std::to_string(number); }

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
                     "has no sub-folder with images; one for each class is needed");
  }
  return data;
}

/// Selects the rows of a split from a manifest.
class Selection {
 public:
  Selection(const fs::path& file, Purpose purpose)
      : target_(purpose == Purpose::segmentation ? "mask" : "label"),
        manifest_(file, {"image", target_}) {}

  EvaluationData select(const std::string& split) {
    EvaluationData data{
        .file = manifest_.table().file, .columns = other_columns(), .rows = {}, .left_out = {}};
    for (std::size_t i = 0; i < manifest_.size(); ++i) {
      if (split.empty() || manifest_.cell(i, "split") == split) {
        data.rows.push_back(row(i, data.columns));
        check(data.rows.back());
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
                      .mask = masks ? manifest_.path(i, "mask") : fs::path(),
                      .label = masks ? "" : manifest_.cell(i, "label"),
                      .patient = manifest_.cell(i, "patient"),
                      .cells = {},
                      .line = manifest_.line(i)};
    for (const std::string& column : columns) row.cells.push_back(manifest_.cell(i, column));
    return row;
  }

  void check(const EvaluationRow& row) {
    const auto complain = [&](const std::string& what) {
      problems_.push_back(line(row.line) + ": " + what);
    };
    if (row.name.empty()) return complain("image is empty");
    if (row.label.empty() && row.mask.empty()) complain(target_ + " is empty");
    const auto [first, is_new] = lines_.try_emplace(row.name, row.line);
    if (!is_new) complain("'" + row.name + "' is already on " + line(first->second));
  }

  [[noreturn]] void refuse_split(const std::string& split) const {
    std::set<std::string> known;
    for (std::size_t i = 0; i < manifest_.size(); ++i) known.insert(manifest_.cell(i, "split"));
    const bool has_column = manifest_.table().find_column("split") >= 0;
    throw UsageError("manifest", manifest_.table().file.string(),
                     has_column ? "has no rows of the split '" + split +
                                      "', but of: " + first_of({known.begin(), known.end()}, ", ")
                                : "has no column 'split' to choose '" + split + "' by");
  }

  std::string target_;
  ManifestTable manifest_;
  std::map<std::string, std::size_t> lines_;
  std::vector<std::string> problems_;
};

bool is_within(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

fs::path resolved(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path.empty() ? "." : path), ignored);
  return whole.has_filename() ? whole : whole.parent_path();
}

void check_range(const std::string& option, int value, int low, int high) {
  if (value >= low && value <= high) return;
  throw UsageError("evaluate", option,
                   "must be " + std::to_string(low) + " to " + std::to_string(high) + ", not " +
                       std::to_string(value));
}

void check_not_among_inputs(const EvaluationRequest& request, const EvaluationData& data,
                            const std::string& pictures) {
  std::error_code ignored;
  const fs::path out = resolved(request.out);
  const auto refuse = [&](const std::string& why) {
    throw UsageError("write", request.out.string(), why + "; choose another --out");
  };
  if (fs::is_directory(request.data) && is_within(out, resolved(request.data))) {
    refuse("lies in the folder of the radiographs");
  }
  std::set<fs::path> folders;
  for (const EvaluationRow& row : data.rows) {
    folders.insert(row.image.parent_path());
    if (!row.mask.empty()) folders.insert(row.mask.parent_path());
  }
  for (const fs::path& folder : folders) {
    const fs::path found = resolved(folder);
    if (found == out || found == out / pictures) refuse("is a folder of the radiographs");
  }
  for (const char* name : {"images.csv", "metrics.json", "report.md"}) {
    if (fs::equivalent(request.out / name, request.data, ignored)) {
      refuse(std::string("its ") + name + " is the manifest");
    }
  }
}

}  // namespace

EvaluationData read_evaluation_data(const EvaluationRequest& request, Purpose purpose) {
  check_range("worst", request.worst, 0, 1000);
  check_range("bootstrap", request.bootstrap, 0, 100000);
  std::error_code ignored;
  if (!fs::exists(request.data, ignored)) {
    throw UsageError("input", request.data.string(), "no such file or folder");
  }
  if (!fs::is_directory(request.data)) {
    return Selection(request.data, purpose).select(request.split);
  }
  if (purpose == Purpose::segmentation) {
    throw UsageError("input", request.data.string(), "is a folder; a manifest is needed");
  }
  if (!request.split.empty()) {
    throw UsageError("input", request.data.string(), "is a folder, which has no splits");
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
    const bool in_folder = data.rows.front().line == 0;
    std::string& problem = problems.emplace_back("'" + label + "' (");
    if (!in_folder) problem += lines.size() == 1 ? "line " : "lines ";
    problem += first_of(lines, ", ") + ")";
  }
  throw Error("manifest", data.file.string(),
              "labels that are no class of the classifier (" + join(classes) +
                  "): " + first_of(problems, "; "));
}

std::vector<BreakDown> break_down(const EvaluationData& data,
                                  const std::vector<std::size_t>& rows) {
  std::vector<BreakDown> result;
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    const std::string& column = data.columns[i];
    if (column == "split" || column == "patient") continue;
    BreakDown by{column, {}};
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

void prepare_report_folder(const EvaluationRequest& request, const EvaluationData& data,
                           const std::string& pictures) {
  check_not_among_inputs(request, data, pictures);
  const fs::path folder = request.out / pictures;
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure || !fs::is_directory(folder)) {
    throw Error("write", request.out.string(), "is not a folder and cannot be made one");
  }
  static const std::regex ours(R"(\d{2,4}\.png)");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failure)) {
    if (std::regex_match(entry.path().filename().string(), ours)) fs::remove(entry, failure);
  }
}

std::string worst_picture_name(std::size_t index) {
  const std::string number = std::to_string(index + 1);
  return (number.size() < 2 ? "0" : "") + number + ".png";
}

}  // namespace cxr
