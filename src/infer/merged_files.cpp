#include "merged_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "base/atomic_file.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

bool leads_out(const fs::path& file) {
  return file.is_absolute() || std::ranges::find(file, fs::path("..")) != file.end();
}

void write_copy(const fs::path& from, const fs::path& to) {
  std::ifstream stream(from, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  AtomicFile file(to);
  file.write(bytes);
  file.finish();
}

/// Whether a copy was made: it gets its name when it is whole.
bool is_copy(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  return fs::file_size(from, ignored) == fs::file_size(to, ignored) &&
         fs::last_write_time(from, ignored) <= fs::last_write_time(to, ignored);
}

}  // namespace

MergedFiles::MergedFiles(fs::path output) : output_(std::move(output)) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(output_, ignored)) {
    if (entry.is_directory(ignored)) remove_dead_files(entry.path());
  }
}

void MergedFiles::add(const fs::path& shard, const fs::path& file) {
  if (leads_out(file)) return;
  const fs::path from = shard / file, to = output_ / file;
  if (to.parent_path() != parent_) {
    parent_ = to.parent_path();
    make_folder(parent_);
  }
  std::error_code failure;
  fs::create_hard_link(from, to, failure);
  if (!failure) return;
  std::error_code ignored;
  if (!fs::exists(from, ignored)) {
    ++missing_;
    return;
  }
  if (failure == std::errc::file_exists) {
    if (fs::equivalent(from, to, ignored) || is_copy(from, to)) return;
    fs::remove(to, ignored);
    fs::create_hard_link(from, to, failure);
    if (!failure) return;
  }
  write_copy(from, to);
}

}  // namespace cxr
