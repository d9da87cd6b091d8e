#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/csv.h"
#include "cxr/pipeline.h"

namespace cxr {

/// The results of an earlier run, read back from the CSV table that result_cells() wrote, and found
/// by the name of their image.
class ResultsTable {
 public:
  /// Throws Error naming the file, and the line, where it is no such table.
  explicit ResultsTable(const std::filesystem::path& file);

  const std::vector<std::string>& classes() const { return classes_; }

  /// The result of an image: its prediction, probabilities and quality; or status `error`, where
  /// there is no row, or the row has no prediction. Throws Error where a row would be that of two
  /// images, or holds what no result can be.
  Result find(const std::string& name);

  /// Forgets an image that is not wanted, so that it does not count as unused.
  void leave_out(const std::string& name);

  /// Names of the rows that were neither found nor left out.
  std::vector<std::string> unused() const;

 private:
  const std::string& cell(std::size_t row, const char* column) const;
  [[noreturn]] void fail(std::size_t row, const std::string& what) const;
  std::map<std::string, std::size_t>::const_iterator row_of(const std::string& name) const;
  Result read(std::size_t row) const;

  CsvTable table_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> probabilities_;  ///< columns
  std::map<std::string, std::size_t> rows_;
  std::map<std::size_t, std::string> used_;
};

}  // namespace cxr
