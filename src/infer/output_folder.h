#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/append_file.h"
#include "cxr/infer.h"
#include "folder_files.h"
#include "result_writer.h"

namespace cxr {

/// A folder with the results of a run, which may end at any moment and be resumed.
///
/// results.jsonl is the journal: a result is a whole line in it, or it does not exist. results.csv
/// follows it. Both are appended to during the run, in the order of the inputs, and rewritten, in
/// that order, when it is finished. Results are found by the name of their image.
class OutputFolder {
 public:
  /// Throws UsageError where the folder has results and `if_exists` is `error`. Writes nothing.
  OutputFolder(std::filesystem::path folder, IfExists if_exists);

  const std::filesystem::path& path() const { return folder_; }

  /// run.json of the run to be resumed; null where there is none.
  nlohmann::json earlier_run() const;

  /// Makes the folder and locks it against other processes. Removes what is to be overwritten.
  /// `settings` is all that results depend on. Throws Error where the folder cannot be used;
  /// UsageError where another run writes here, where the folder has got results since the
  /// constructor looked, and where those to be resumed were made with other settings.
  void open(const nlohmann::ordered_json& settings, const std::vector<std::string>& classes);

  /// Reads the results to be resumed. Dropped are those that failed, those that lack a picture or
  /// a DICOM object of one of the kinds, and those whose thumbnail is not among `thumbnails` though
  /// it was written.
  void load(const std::vector<std::string>& picture_kinds, const std::set<std::string>& thumbnails);

  /// The result of an image; null where there is none.
  const ResultRecord* find(const std::string& image) const;

  /// The images that have results with pictures or DICOM objects, by their path in the folder.
  const std::map<std::string, std::string>& picture_owners() const { return owners_; }

  void add(const ResultRecord& record);
  /// Waits until all results are on the disk.
  void sync();

  /// Writes all results in this order; those of other images come first, in their old order.
  void finish(const std::vector<std::string>& images);

  /// All results, in the order in which they are in the files.
  const std::vector<ResultRecord>& records() const { return records_; }

  /// Writes run.json: the description of the run, and the settings.
  void write_run(nlohmann::ordered_json run) const;

 private:
  void require_no_results() const;
  void remove_old() const;
  void require_same_settings() const;
  void read_line(const std::string& line, const nlohmann::json& content,
                 const std::vector<std::string>& picture_kinds,
                 const std::set<std::string>& thumbnails);
  void write_all() const;

  std::filesystem::path folder_;
  IfExists if_exists_;
  nlohmann::ordered_json settings_;
  std::vector<std::string> classes_;
  bool dicom_uids_ = false;
  std::vector<ResultRecord> records_;
  std::map<std::string, std::size_t> places_;  ///< of images in `records_`
  std::map<std::string, std::string> owners_;  ///< of pictures
  std::optional<FolderLock> lock_;
  std::optional<AppendFile> journal_, table_;
};

}  // namespace cxr
