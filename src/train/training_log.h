#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cxr/train.h"

namespace cxr {

/// A CSV file with one row an epoch: `epoch,seconds,training_loss` and the metrics.
class TrainingLog {
 public:
  /// Keeps the file's rows of the epochs done. A job killed between log and checkpoint leaves one
  /// more row, which is dropped.
  TrainingLog(std::filesystem::path file, int epochs_done);

  /// Adds a row and writes the file, whole or not at all. In rows of an earlier version, cells of
  /// new columns are empty. Throws Error if the file cannot be written.
  void write(const EpochReport& report);

 private:
  /// Sets a cell of the last row.
  void set(const std::string& column, const std::string& value);

  std::filesystem::path file_;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cxr
