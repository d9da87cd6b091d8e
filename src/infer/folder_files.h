#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cxr {

// The files of an output folder.
inline constexpr const char* kJournal = "results.jsonl";
inline constexpr const char* kTable = "results.csv";
inline constexpr const char* kRun = "run.json";
inline constexpr const char* kReport = "report.html";
inline constexpr const char* kReportImages = "report-images.jsonl";

/// The pictures and DICOM objects that a record of the journal names, by kind; their paths in the
/// folder. There may be no objects of a file, as of those that are not DICOM.
std::map<std::string, std::vector<std::filesystem::path>> files_of(const nlohmann::json& record);

/// Whether an output folder has results. An empty run.json beside an empty journal is what a power
/// cut leaves of nothing.
bool has_results(const std::filesystem::path& folder);

/// Keeps other processes from writing to an output folder as long as it lives. Locks the folder
/// itself, so that no lock file has to be left in it. Some network file systems have no locks: then
/// there is none.
class FolderLock {
 public:
  /// Throws UsageError where another process writes there.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace cxr
