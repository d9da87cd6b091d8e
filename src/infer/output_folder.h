#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cxr/infer.h"
#include "result_writer.h"

namespace cxr {

/// A folder with the results of a run, which may be ended at any moment and be resumed.
///
/// results.jsonl is the journal: a result is a whole line in it, or it has not been made.
/// results.csv follows it. Both are appended to while the run goes on, in the order of the inputs,
/// and written anew, in that order, when it is finished.
class OutputFolder {
 public:
  /// Throws UsageError where the folder has results and `if_exists` does not say what to do with
  /// them. Nothing is written yet.
  OutputFolder(std::filesystem::path folder, IfExists if_exists);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  const std::filesystem::path& path() const { return folder_; }

  /// Makes the folder, locks it against other processes and reads what has been finished before.
  /// Throws Error where it cannot be used. `settings` is all that results depend on: throws
  /// UsageError where what is there was made with others. Failed results are forgotten, and so are
  /// those with a picture missing, of the kinds that are wanted now.
  void open(const nlohmann::ordered_json& settings, const std::vector<std::string>& classes,
            const std::vector<std::string>& picture_kinds);

  /// What has been finished of an image; null where it has not.
  const ResultRecord* find(const std::string& image) const;

  void add(const ResultRecord& record);

  /// Writes all results in this order; those of other images come first, as they were.
  void finish(const std::vector<std::string>& images);

  /// All results, in the order in which they are in the files.
  const std::vector<ResultRecord>& records() const { return records_; }

  /// Writes run.json: what is told of the run, and the settings.
  void write_run(nlohmann::ordered_json run) const;

 private:
  void lock();
  void remove_old();
  void require_same_settings() const;
  void read_journal(const std::vector<std::string>& picture_kinds);
  void write_all() const;
  void append(int file, const std::string& line, const char* name) const;

  std::filesystem::path folder_;
  IfExists if_exists_;
  nlohmann::ordered_json settings_;
  std::vector<std::string> classes_;
  std::vector<ResultRecord> records_;
  std::map<std::string, std::size_t> places_;  ///< of images in `records_`
  int lock_ = -1, journal_ = -1, table_ = -1;
};

}  // namespace cxr
