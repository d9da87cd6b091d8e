#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cxr/train.h"
#include "draw/sheet.h"

namespace cxr {

/// An image of the validation split, and what a model makes of it.
struct ValidationCase {
  double badness = 0;              ///< the worst has the highest
  std::vector<std::string> cells;  ///< of OUT.cases.csv; the first is the image's path
};

struct ValidationCases {
  std::vector<std::string> columns;
  std::vector<ValidationCase> cases;  ///< in any order
  std::vector<std::string> title;     ///< of the sheet, see Sheet
  std::vector<ContourKey> keys;       ///< likewise
  /// How the sheet shows a case; called for a few of them.
  std::function<SheetPicture(std::size_t)> show;
};

/// Writes CASES.csv, one row for each case from the worst to the best, and CASES.png, a sheet of up
/// to eight of the worst and eight of the best, each whole or not at all. `cases` is their path
/// without extension. Tells the listener of the first and last rows.
void write_cases(const ValidationCases& all, const std::filesystem::path& cases,
                 const TrainingListener& listener);

}  // namespace cxr
