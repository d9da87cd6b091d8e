#include "cxr/manifest.h"

#include "cxr/csv.h"
#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxListed = 20;

/// The cells of one row, by column.
struct Cells {
  const CsvTable& table;
  std::size_t row;

  const std::string& need(const char* name) const { return table.rows[row][table.column(name)]; }
  std::string find(const char* name) const { return table.find_column(name) < 0 ? "" : need(name); }
};

std::string problem_of_file(const Cells& cells, const char* column, const fs::path& file) {
  std::error_code ignored;
  if (cells.need(column).empty()) return std::string(column) + " is empty";
  if (!fs::is_regular_file(file, ignored)) return "no such file: " + file.string();
  return "";
}

/// What is wrong with a row; empty where nothing is.
std::string problem(const Cells& cells, const ManifestRow& row, Purpose purpose) {
  if (row.split.empty()) return "split is empty";
  std::string of_image = problem_of_file(cells, "image", row.image);
  if (!of_image.empty()) return of_image;
  if (purpose == Purpose::segmentation) return problem_of_file(cells, "mask", row.mask);
  return row.label.empty() ? "label is empty" : "";
}

std::string summary(const std::vector<std::string>& problems) {
  std::string text =
      std::to_string(problems.size()) + (problems.size() == 1 ? " bad row" : " bad rows");
  for (std::size_t i = 0; i < problems.size() && i < kMaxListed; ++i) {
    text += (i == 0 ? ": " : "; ") + problems[i];
  }
  if (problems.size() <= kMaxListed) return text;
  return text + "; and " + std::to_string(problems.size() - kMaxListed) + " more";
}

}  // namespace

std::vector<ManifestRow> read_manifest(const fs::path& file, Purpose purpose) {
  const CsvTable table = read_csv(file);
  const bool segmentation = purpose == Purpose::segmentation;
  for (const char* column : {"image", "split", segmentation ? "mask" : "label"}) {
    table.column(column);
  }
  if (table.rows.empty()) throw Error("manifest", file.string(), "has no rows");

  const fs::path folder = file.parent_path();
  std::vector<ManifestRow> rows;
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const Cells cells{table, i};
    ManifestRow row{.image = folder / cells.need("image"),
                    .mask = segmentation ? folder / cells.need("mask") : fs::path(),
                    .label = segmentation ? "" : cells.need("label"),
                    .split = cells.need("split"),
                    .source = cells.find("source"),
                    .patient = cells.find("patient"),
                    .line = table.lines[i]};
    const std::string what = problem(cells, row, purpose);
    if (!what.empty()) problems.push_back("line " + std::to_string(row.line) + ": " + what);
    rows.push_back(std::move(row));
  }
  if (!problems.empty()) throw Error("manifest", file.string(), summary(problems));
  return rows;
}

}  // namespace cxr
