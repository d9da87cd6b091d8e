#pragma once

#include <filesystem>
#include <string>

#include "cxr/train.h"

namespace cxr {

/// A CSV file with one row an epoch: `epoch,seconds,training_loss` and the metrics.
class TrainingLog {
 public:
  /// Keeps the file's rows of the epochs done. A job killed between log and checkpoint leaves one
  /// more row, which is dropped.
  TrainingLog(std::filesystem::path file, int epochs_done);

  /// Adds a row and writes the file, whole or not at all. Throws Error where it cannot be written.
  void write(const EpochReport& report);

 private:
  std::filesystem::path file_;
  std::string text_;
};

}  // namespace cxr
