#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/csv.h"
#include "plan.h"

namespace cxr {

/// A published table, read leniently: rows of the wrong length are problems of the plan; cells that
/// are not UTF-8 are taken for ISO-8859-1; spaces around a cell do not count.
class SourceTable {
 public:
  /// Throws UsageError where there is no such file, Error where it is no CSV or lacks a column.
  SourceTable(const std::filesystem::path& file, const std::string& source,
              const std::vector<std::string>& columns, Plan& plan);

  std::size_t size() const { return table_.rows.size(); }
  /// Empty where the row is empty there, or has `nan`.
  std::string cell(std::size_t row, const std::string& column) const;
  /// `metadata.csv line 12`, for problems.
  std::string place(std::size_t row) const;

 private:
  CsvTable table_;
};

}  // namespace cxr
