#include "new_folder.h"

#include <system_error>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// Without a slash at the end.
fs::path plain(const fs::path& folder) {
  const fs::path normal = fs::absolute(folder).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

fs::path unfinished_of(const fs::path& folder) { return plain(folder).concat(".part"); }

}  // namespace

void require_new_folder(const fs::path& folder) {
  std::error_code ignored;
  const fs::path unfinished = unfinished_of(folder);
  if (fs::exists(unfinished, ignored)) {
    throw UsageError("dataset", unfinished.string(),
                     "is left over from an interrupted run; remove it first");
  }
  if (!fs::exists(folder, ignored)) return;
  if (!fs::is_directory(folder) || !fs::is_empty(folder)) {
    throw UsageError("dataset", folder.string(),
                     "exists already; remove it, or choose another folder");
  }
}

NewFolder::NewFolder(const fs::path& folder)
    : folder_(plain(folder)), unfinished_(unfinished_of(folder)) {
  require_new_folder(folder);
  make_folder(unfinished_);
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  fs::remove_all(unfinished_, ignored);
}

void NewFolder::finish() {
  std::error_code failure;
  fs::rename(unfinished_, folder_, failure);
  if (failure) throw_write_error(folder_, failure.value());
}

void place_file(const fs::path& from, const fs::path& to, bool copy) {
  std::error_code failure;
  // A hard link of a symbolic link would be one more symbolic link.
  const fs::path file = fs::canonical(from, failure);
  if (!failure && !copy) fs::create_hard_link(file, to, failure);
  if (failure || copy) fs::copy_file(from, to, failure);
  if (failure) throw_write_error(to, failure.value());
}

void write_problems(const fs::path& folder, const std::vector<DatasetProblem>& problems) {
  AtomicFile file(folder / "problems.csv");
  file.write(csv_line({"source", "subject", "reason", "detail"}));
  for (const auto& [source, subject, reason, detail] : problems) {
    file.write(csv_line({source, subject, reason, detail}));
  }
  file.finish();
}

}  // namespace cxr
