#pragma once

#include <filesystem>

#include "plan.h"

namespace cxr {

/// A folder that appears under its name only when it is finished. Until then it is `NAME.part`,
/// which is removed if it is not finished.
class NewFolder {
 public:
  /// Throws UsageError where the folder has anything in it, or a killed run left NAME.part.
  explicit NewFolder(const std::filesystem::path& folder);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::filesystem::path& unfinished() const { return unfinished_; }
  /// Throws Error where it cannot be renamed.
  void finish();

 private:
  std::filesystem::path folder_;
  std::filesystem::path unfinished_;
};

/// Throws as the constructor of NewFolder does; touches nothing.
void require_new_folder(const std::filesystem::path& folder);

/// Makes `to` a hard link of the file, or a copy where that cannot be or `copy` is set. Throws
/// Error.
void place_file(const std::filesystem::path& from, const std::filesystem::path& to, bool copy);

/// Writes `problems.csv`: source, subject, reason, detail.
void write_problems(const std::filesystem::path& folder,
                    const std::vector<DatasetProblem>& problems);

}  // namespace cxr
