#include "training_log.h"

#include <algorithm>
#include <sstream>
#include <utility>

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
  header_ = before.header;
  rows_.assign(before.rows.begin(), before.rows.begin() + static_cast<std::ptrdiff_t>(kept));
}

void TrainingLog::write(const EpochReport& report) {
  rows_.emplace_back(header_.size());
  set("epoch", std::to_string(report.epoch));
  set("seconds", number(report.seconds));
  set("training_loss", number(report.training_loss));
  for (const auto& [name, value] : report.metrics) set(name, number(value));
  AtomicFile whole(file_);
  whole.write(csv_line(header_));
  for (const std::vector<std::string>& row : rows_) whole.write(csv_line(row));
  whole.finish();
}

void TrainingLog::set(const std::string& column, const std::string& value) {
  const auto found = std::ranges::find(header_, column);
  const auto index = static_cast<std::size_t>(found - header_.begin());
  if (found == header_.end()) {
    header_.push_back(column);
    for (std::vector<std::string>& row : rows_) row.emplace_back();
  }
  rows_.back()[index] = value;
}

}  // namespace cxr
