#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <string>

#include "base/csv.h"
#include "cxr/dataset.h"
#include "support/temp_dir.h"

namespace cxr::test {

/// A folder for published data sets in small, and for the data sets made of them.
class Sources {
 public:
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void draw(const std::string& name, int grey = 90, cv::Size size = {40, 50}) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    // imwrite() knows formats by lower-case suffixes as well.
    cv::imwrite((folder_ / name).string(), cv::Mat(size, CV_8UC1, cv::Scalar(grey)));
  }
  DatasetOptions options() const { return {.out = folder_ / "out"}; }

 private:
  TempDir folder_;
};

inline void no_progress(const std::string& /*what*/, std::size_t /*done*/, std::size_t /*total*/) {}

/// The cells of two columns of a table, by the first.
inline std::map<std::string, std::string> columns_of(const std::filesystem::path& file,
                                                     const std::string& key,
                                                     const std::string& value) {
  const CsvTable table = read_csv(file);
  std::map<std::string, std::string> cells;
  for (const auto& row : table.rows) cells[row[table.column(key)]] = row[table.column(value)];
  return cells;
}

/// `source: reason` of each problem, as often as it is there.
inline std::multiset<std::string> reasons_of(const DatasetSummary& summary) {
  std::multiset<std::string> reasons;
  for (const DatasetProblem& problem : summary.problems) {
    reasons.insert(problem.source + ": " + problem.reason);
  }
  return reasons;
}

}  // namespace cxr::test
