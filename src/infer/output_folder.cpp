#include "output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/json_lines.h"
#include "cxr/error.h"
#include "result_format.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kStage = "output";
constexpr const char* kJournal = "results.jsonl";
constexpr const char* kTable = "results.csv";
constexpr const char* kRun = "run.json";
constexpr const char* kReport = "report.html";
constexpr const char* kReportImages = "report-images.jsonl";

[[noreturn]] void fail(const fs::path& file, int reason) {
  throw Error("write", file.string(), std::generic_category().message(reason));
}

int open_file(const fs::path& file, int flags) {
  const int descriptor = ::open(file.c_str(), flags | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(file, errno);
  return descriptor;
}

/// The pictures that a record names, by kind.
std::map<std::string, fs::path> pictures_of(const json& record) {
  std::map<std::string, fs::path> pictures;
  const auto found = record.find("pictures");
  if (found == record.end()) return pictures;
  for (const auto& [kind, file] : found->items()) {
    if (file.is_string()) pictures[kind] = file.get<std::string>();
  }
  return pictures;
}

/// The first place where two documents differ, `configuration.heatmap.cmap`; empty where they do
/// not.
std::string first_difference(const json& old_settings, const json& new_settings) {
  const json difference = json::diff(old_settings, new_settings);
  if (difference.empty()) return "";
  std::string place = difference.front().at("path").get<std::string>().substr(1);
  std::ranges::replace(place, '/', '.');
  return place;
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder, IfExists if_exists)
    : folder_(std::move(folder)), if_exists_(if_exists) {
  const bool has_results = fs::exists(folder_ / kJournal) || fs::exists(folder_ / kRun);
  if (has_results && if_exists_ == IfExists::error) {
    throw UsageError(kStage, folder_.string(),
                     "already has results; --resume continues that run, --if-exists overwrite "
                     "begins anew, or choose another folder");
  }
}

OutputFolder::~OutputFolder() {
  for (const int descriptor : {lock_, journal_, table_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

/// The folder itself is locked, so that no file has to be left for it. Some network file systems
/// have no locks: then there is none.
void OutputFolder::lock() {
  lock_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw UsageError(kStage, folder_.string(), "another cxr-infer is writing here");
  }
}

void OutputFolder::open(const ordered_json& settings, const std::vector<std::string>& classes,
                        const std::vector<std::string>& picture_kinds) {
  settings_ = settings;
  classes_ = classes;
  make_folder(folder_);
  lock();
  if (if_exists_ == IfExists::overwrite) remove_old();
  if (if_exists_ == IfExists::resume) {
    require_same_settings();
    read_journal(picture_kinds);
  }
  write_all();
  journal_ = open_file(folder_ / kJournal, O_WRONLY | O_APPEND);
  table_ = open_file(folder_ / kTable, O_WRONLY | O_APPEND);
}

/// What an earlier run left, its pictures, too; nothing else.
void OutputFolder::remove_old() {
  std::error_code ignored;
  for_each_json_line(folder_ / kJournal, [&](const std::string&, const json& record) {
    for (const auto& [kind, file] : pictures_of(record)) {
      const bool is_inside = file.is_relative() && *file.lexically_normal().begin() != "..";
      if (is_inside) fs::remove(folder_ / file, ignored);
    }
  });
  for (const char* name : {kTable, kReport, kReportImages, kRun, kJournal}) {
    fs::remove(folder_ / name, ignored);
  }
}

void OutputFolder::require_same_settings() const {
  if (!fs::exists(folder_ / kRun)) return;
  std::ifstream stream(folder_ / kRun);
  const json run = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!run.is_object() || !run.contains("settings")) {
    throw UsageError(kStage, (folder_ / kRun).string(),
                     "is damaged, so that nobody knows how these results were made; choose another "
                     "folder, or --if-exists overwrite");
  }
  const std::string place = first_difference(run.at("settings"), json(settings_));
  if (place.empty()) return;
  throw UsageError(kStage, folder_.string(),
                   "its results were made with other settings (" + place +
                       "); resume with the same models and configuration, or choose another "
                       "folder, or --if-exists overwrite");
}

void OutputFolder::read_journal(const std::vector<std::string>& picture_kinds) {
  for_each_json_line(folder_ / kJournal, [&](const std::string& line, const json& content) {
    ResultRecord record;
    try {
      record = {result_from_json(content, classes_), line};
    } catch (const nlohmann::json::exception&) {
      return;  // not of this programme: as if it were not there
    }
    if (record.result.status == Status::error) return;
    const auto pictures = pictures_of(content);
    const bool is_whole = std::ranges::all_of(picture_kinds, [&](const std::string& kind) {
      const auto found = pictures.find(kind);
      return found != pictures.end() && fs::exists(folder_ / found->second);
    });
    if (record.result.judged() && !is_whole) return;
    if (places_.emplace(record.result.name, records_.size()).second) {
      records_.push_back(std::move(record));
    }
  });
}

const ResultRecord* OutputFolder::find(const std::string& image) const {
  const auto found = places_.find(image);
  return found == places_.end() ? nullptr : &records_[found->second];
}

void OutputFolder::add(const ResultRecord& record) {
  append(journal_, record.line, kJournal);
  append(table_, csv_line(result_cells(record.result, classes_)), kTable);
  places_[record.result.name] = records_.size();
  records_.push_back(record);
}

/// One write, so that a process that is killed leaves a whole line or, where the system itself
/// breaks it off, one that is no JSON.
void OutputFolder::append(int file, const std::string& line, const char* name) const {
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t count = ::write(file, line.data() + done, line.size() - done);
    if (count < 0 && errno != EINTR) fail(folder_ / name, errno);
    if (count > 0) done += static_cast<std::size_t>(count);
  }
}

void OutputFolder::finish(const std::vector<std::string>& images) {
  std::map<std::string, std::size_t> order;
  for (const std::string& image : images) order.emplace(image, order.size() + 1);
  const auto place = [&](const ResultRecord& record) {
    const auto found = order.find(record.result.name);
    return found == order.end() ? 0 : found->second;
  };
  std::ranges::stable_sort(records_, {}, place);
  places_.clear();
  for (std::size_t i = 0; i < records_.size(); ++i) places_[records_[i].result.name] = i;
  write_all();
}

void OutputFolder::write_all() const {
  AtomicFile journal(folder_ / kJournal), table(folder_ / kTable);
  table.write(csv_line(result_columns(classes_)));
  for (const ResultRecord& record : records_) {
    journal.write(record.line);
    table.write(csv_line(result_cells(record.result, classes_)));
  }
  journal.finish();
  table.finish();
}

void OutputFolder::write_run(ordered_json run) const {
  run["settings"] = settings_;
  AtomicFile file(folder_ / kRun);
  file.write(run.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  file.finish();
}

}  // namespace cxr
