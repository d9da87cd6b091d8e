#include "training_log.h"

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/csv.h"

namespace cxr {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text.precision(5);
  text << value;
  return text.str();
}

}  // namespace

TrainingLog::TrainingLog(std::filesystem::path file, int epochs_done) : file_(std::move(file)) {
  if (epochs_done == 0 || !std::filesystem::exists(file_)) return;
  const CsvTable before = read_csv(file_);
  const auto kept = std::min(before.rows.size(), static_cast<std::size_t>(epochs_done));
  text_ = csv_line(before.header);
  for (std::size_t i = 0; i < kept; ++i) text_ += csv_line(before.rows[i]);
}

void TrainingLog::write(const EpochReport& report) {
  std::vector<std::string> names{"epoch", "seconds", "training_loss"};
  std::vector<std::string> values{std::to_string(report.epoch), number(report.seconds),
                                  number(report.training_loss)};
  for (const auto& [name, value] : report.metrics) {
    names.push_back(name);
    values.push_back(number(value));
  }
  if (text_.empty()) text_ = csv_line(names);
  text_ += csv_line(values);
  AtomicFile whole(file_);
  whole.write(text_);
  whole.finish();
}

}  // namespace cxr
