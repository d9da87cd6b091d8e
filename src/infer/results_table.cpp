#include "results_table.h"

#include <algorithm>
#include <cmath>

#include "base/by_suffix.h"
#include "base/number.h"
#include "cxr/error.h"
#include "result_format.h"

namespace cxr {
namespace {

Result failed_result(const std::string& name, const std::string& error) {
  Result result;
  result.name = name;
  result.status = Status::error;
  result.stage = "results";
  result.error = error;
  return result;
}

}  // namespace

ResultsTable::ResultsTable(const std::filesystem::path& file) : table_(read_csv(file)) {
  for (std::size_t i = 0; i < table_.header.size(); ++i) {
    const std::string& name = table_.header[i];
    if (!name.starts_with("P(") || !name.ends_with(')')) continue;
    classes_.push_back(name.substr(2, name.size() - 3));
    probabilities_.push_back(i);
  }
  if (classes_.empty()) {
    throw Error("results", file.string(), "has no column 'P(CLASS)'; cxr-infer did not write it");
  }
  for (std::size_t i = 0; i < table_.rows.size(); ++i) {
    const std::string name = without_guard(cell(i, "Image"));
    const auto [first, is_new] = rows_.try_emplace(name, i);
    if (!is_new) fail(i, "'" + name + "' appears twice; its results are ambiguous");
  }
}

Result ResultsTable::find(const std::string& name) {
  const auto row = row_of(name);
  if (row == rows_.end()) {
    return failed_result(name, "results: " + table_.file.string() + ": has no row for this image");
  }
  if (!used_.try_emplace(row->second, name).second) {
    throw Error("results", table_.file.string(),
                "'" + row->first + "' may be '" + used_[row->second] + "' or '" + name +
                    "'; images with the same name in several folders are ambiguous");
  }
  Result result = read(row->second);
  result.name = name;
  return result;
}

void ResultsTable::leave_out(const std::string& name) {
  const auto row = row_of(name);
  if (row != rows_.end()) used_.try_emplace(row->second, name);
}

std::vector<std::string> ResultsTable::unused() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table_.rows.size(); ++i) {
    if (!used_.contains(i)) names.push_back(without_guard(cell(i, "Image")));
  }
  return names;
}

const std::string& ResultsTable::cell(std::size_t row, const char* column) const {
  return table_.rows[row][table_.column(column)];
}

void ResultsTable::fail(std::size_t row, const std::string& what) const {
  throw Error("results", table_.file.string(),
              "line " + std::to_string(table_.lines[row]) + ": " + what);
}

std::map<std::string, std::size_t>::const_iterator ResultsTable::row_of(
    const std::string& name) const {
  return find_by_suffix(rows_, name);
}

Result ResultsTable::read(std::size_t row) const {
  const std::string prediction = without_guard(cell(row, "Prediction"));
  if (prediction.empty()) {
    const std::string& error = cell(row, "Error");
    return failed_result("", error.empty() ? "results: no prediction" : error);
  }
  Result result;
  result.prediction = prediction;
  const auto found = std::ranges::find(classes_, prediction);
  if (found == classes_.end()) fail(row, "'" + prediction + "' is not one of: " + join(classes_));
  result.predicted = static_cast<std::size_t>(found - classes_.begin());
  double sum = 0;
  for (const std::size_t column : probabilities_) {
    const double probability = number_in(table_, row, column);
    if (probability < 0 || probability > 1) fail(row, "a probability is not in 0 to 1");
    result.probabilities.push_back(static_cast<float>(probability));
    sum += probability;
  }
  if (std::abs(sum - 1) > 0.01) fail(row, "the probabilities do not sum to 1");
  result.lungs.quality = number_in(table_, row, table_.column("Estimated Quality"));
  return result;
}

}  // namespace cxr
