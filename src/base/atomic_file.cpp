#include "atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <random>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHiddenBegin = ".cxr-", kHiddenEnd = ".part";

/// Random, because two programmes may write the same file; without the file's own name, which may
/// already be as long as a name can be.
fs::path hidden_name(const fs::path& file) {
  std::random_device random;
  return file.parent_path() / (std::string(kHiddenBegin) + std::to_string(random()) + "-" +
                               std::to_string(random()) + std::string(kHiddenEnd));
}

/// The hidden names, where a signal handler may look them up: no memory of it moves. A file that
/// finds no room, or has a longer name, is not in it.
struct UnfinishedFile {
  std::atomic<bool> taken = false, ready = false;
  std::array<char, 1024> name{};
};
std::array<UnfinishedFile, 64> unfinished_files;
std::atomic<bool> is_ending = false;

/// Where the name was noted.
std::optional<std::size_t> note_unfinished(const std::string& name) {
  for (std::size_t i = 0; i < unfinished_files.size(); ++i) {
    UnfinishedFile& file = unfinished_files[i];
    if (name.size() >= file.name.size() || file.taken.exchange(true)) continue;
    std::ranges::copy(name, file.name.begin());
    file.name[name.size()] = '\0';
    file.ready = true;
    return i;
  }
  return {};
}

void forget_unfinished(std::optional<std::size_t> place) {
  if (!place) return;
  unfinished_files[*place].ready = false;
  unfinished_files[*place].taken = false;
}

/// Opens a new file and locks it, so that remove_dead_files() lets it be. -1 and errno where that
/// fails, EAGAIN where it was removed before it was locked.
int open_locked(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return -1;
  struct stat status {};
  const bool is_mine = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  if (is_mine && ::fstat(descriptor, &status) == 0 && status.st_nlink > 0) return descriptor;
  ::close(descriptor);
  errno = EAGAIN;
  return -1;
}

/// Waits until a file or folder is on the disk. Some file systems cannot: then there is nothing to
/// wait for.
bool sync(int descriptor) { return ::fsync(descriptor) == 0 || errno == EINVAL; }

/// Waits until the names in a folder are on the disk.
void sync_folder(const fs::path& folder) {
  const fs::path& name = folder.empty() ? fs::path(".") : folder;
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // may be written to, but not read
  const bool is_synced = sync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  if (!is_synced) throw_write_error(folder, reason);
}

}  // namespace

void throw_write_error(const fs::path& file, int reason) {
  static constexpr std::array kOfTheDisk = {ENOSPC, EDQUOT, EROFS, EIO, ENODEV, ESTALE};
  const std::string what = std::generic_category().message(reason);
  if (std::ranges::count(kOfTheDisk, reason) > 0) {
    throw DiskError("write", file.string(), what + "; make room or choose another folder");
  }
  throw Error("write", file.string(),
              what + "; check that the folder exists and can be written to");
}

AtomicFile::AtomicFile(fs::path file) : file_(std::move(file)), stream_(nullptr) {
  constexpr int kTries = 10;
  int descriptor = -1;
  for (int i = 0; i < kTries && descriptor < 0; ++i) {
    unfinished_ = hidden_name(file_);
    noted_ = note_unfinished(unfinished_.string());
    while (is_ending) std::this_thread::sleep_for(std::chrono::seconds(1));
    descriptor = open_locked(unfinished_);
    if (descriptor >= 0) break;
    const int reason = errno;
    forget_unfinished(noted_);
    if (reason != EAGAIN && reason != EEXIST) fail(reason);
  }
  if (descriptor >= 0) stream_ = ::fdopen(descriptor, "wb");
  if (stream_ == nullptr) fail(errno);
}

AtomicFile::~AtomicFile() {
  if (stream_ != nullptr) {
    std::error_code ignored;
    fs::remove(unfinished_, ignored);
    std::fclose(stream_);
  }
  forget_unfinished(noted_);
}

void AtomicFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream_) != bytes.size()) fail(errno);
}

void AtomicFile::finish() {
  const bool is_in_place = std::fflush(stream_) == 0 && std::ferror(stream_) == 0 &&
                           sync(::fileno(stream_)) &&
                           std::rename(unfinished_.c_str(), file_.c_str()) == 0;
  if (!is_in_place) fail(errno);
  std::fclose(std::exchange(stream_, nullptr));  // with its lock, which the hidden name needed
  sync_folder(file_.parent_path());
}

void AtomicFile::fail(int reason) const { throw_write_error(file_, reason); }

void make_folder(const fs::path& folder) {
  std::error_code failure;
  if (fs::is_directory(folder, failure)) return;
  std::vector<fs::path> missing;
  for (fs::path each = folder; !each.empty() && !fs::exists(each, failure);
       each = each.parent_path()) {
    missing.push_back(each);
  }
  fs::create_directories(folder, failure);
  const int reason = failure.value();
  if (failure || !fs::is_directory(folder, failure)) {
    if (reason == ENOSPC || reason == EROFS || reason == EDQUOT) throw_write_error(folder, reason);
    if (fs::exists(folder, failure)) throw Error("write", folder.string(), "is not a folder");
    throw Error("write", folder.string(),
                "cannot be created: " + std::generic_category().message(reason));
  }
  for (const fs::path& each : missing) sync_folder(each.parent_path());
}

void require_writable(const fs::path& file) {
  if (file.has_parent_path()) make_folder(file.parent_path());
  const AtomicFile can_be_written(file);
}

void remove_dead_files(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kHiddenBegin) || !name.ends_with(kHiddenEnd)) continue;
    const int descriptor = ::open(entry.path().c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    ::close(descriptor);
  }
}

void remove_unfinished_files() noexcept {
  is_ending = true;
  const auto remove_all = [] {
    for (const UnfinishedFile& file : unfinished_files) {
      if (file.ready) ::unlink(file.name.data());
    }
  };
  remove_all();
  // Another thread may have been about to open one.
  constexpr timespec kMoment{0, 50'000'000};
  ::nanosleep(&kMoment, nullptr);
  remove_all();
}

}  // namespace cxr
