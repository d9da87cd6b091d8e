#include "results_table.h"

#include <algorithm>
#include <cmath>

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
    if (!rows_.add(name, i)) fail(i, "'" + name + "' appears twice; its results are ambiguous");
  }
}

Result ResultsTable::find(const std::string& name) {
  const std::optional<std::size_t> row = rows_.find(name);
  if (!row) {
    return failed_result(name, "results: " + table_.file.string() + ": has no row for this image");
  }
  if (!used_.try_emplace(*row, name).second) {
    throw Error("results", table_.file.string(),
                "'" + without_guard(cell(*row, "Image")) + "' may be '" + used_[*row] + "' or '" +
                    name + "'; images with the same name in several folders are ambiguous");
  }
  Result result = read(*row);
  result.name = name;
  return result;
}

void ResultsTable::leave_out(const std::string& name) {
  const std::optional<std::size_t> row = rows_.find(name);
  if (row) used_.try_emplace(*row, name);
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

std::string ResultsTable::status(std::size_t row) const {
  const std::ptrdiff_t column = table_.find_column("Status");
  return column < 0 ? "" : table_.rows[row][static_cast<std::size_t>(column)];
}

Result ResultsTable::read(std::size_t row) const {
  const std::string prediction = without_guard(cell(row, "Prediction"));
  const bool is_unsure = status(row) == name_of(Status::unsure);
  if (prediction.empty() && !is_unsure) {
    const std::string& error = cell(row, "Error");
    return failed_result("", error.empty() ? "results: no prediction" : error);
  }
  Result result;
  double sum = 0;
  for (const std::size_t column : probabilities_) {
    const double probability = number_in(table_, row, column);
    if (probability < 0 || probability > 1) fail(row, "a probability is not in 0 to 1");
    result.probabilities.push_back(static_cast<float>(probability));
    sum += probability;
  }
  if (std::abs(sum - 1) > 0.01) fail(row, "the probabilities do not sum to 1");
  const auto predicted =
      is_unsure ? std::ranges::max_element(result.probabilities) - result.probabilities.begin()
                : std::ranges::find(classes_, prediction) - classes_.begin();
  result.predicted = static_cast<std::size_t>(predicted);
  if (result.predicted >= classes_.size()) {
    fail(row, "'" + prediction + "' is not one of: " + join(classes_));
  }
  result.prediction = classes_[result.predicted];
  result.lungs.quality = number_in(table_, row, table_.column("Estimated Quality"));
  return result;
}

}  // namespace cxr
