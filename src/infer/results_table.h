#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/path_index.h"
#include "cxr/pipeline.h"

namespace cxr {

/// The results of an earlier run, read back from the CSV table that result_cells() wrote, and found
/// by the name of their image; see PathIndex.
class ResultsTable {
 public:
  /// Throws Error naming the file, and the line, where it is no such table.
  explicit ResultsTable(const std::filesystem::path& file);

  const std::vector<std::string>& classes() const { return classes_; }

  /// The result of an image: its prediction, probabilities and quality. One that is `unsure` has
  /// the most probable class. Status `error` where there is no row, or the row has neither. Throws
  /// Error where a row would be that of two images, or holds values that no result can have.
  Result find(const std::string& name);

  /// Ignores an image, so that it does not count as unused.
  void leave_out(const std::string& name);

  /// Names of the rows that were neither found nor left out.
  std::vector<std::string> unused() const;

 private:
  const std::string& cell(std::size_t row, const char* column) const;
  [[noreturn]] void fail(std::size_t row, const std::string& what) const;
  std::string status(std::size_t row) const;
  Result read(std::size_t row) const;

  CsvTable table_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> probabilities_;  ///< columns
  PathIndex rows_;
  std::map<std::size_t, std::string> used_;
};

}  // namespace cxr
