#include "atomic_file.h"

#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "cxr/error.h"

namespace cxr {
namespace {

/// Drawn by lot, because two programmes may write the same file; without the file's own name,
/// which may already be as long as a name can be.
std::filesystem::path hidden_name(const std::filesystem::path& file) {
  std::random_device lot;
  return file.parent_path() /
         (".cxr-" + std::to_string(lot()) + "-" + std::to_string(lot()) + ".part");
}

/// The hidden names, where a signal handler may look them up: no memory of it moves. A file that
/// finds no room, or has a longer name, is not in it.
struct UnfinishedFile {
  std::atomic<bool> taken = false, ready = false;
  std::array<char, 1024> name{};
};
std::array<UnfinishedFile, 64> unfinished_files;
std::atomic<bool> is_ending = false;

void note_unfinished(const std::string& name) {
  for (UnfinishedFile& file : unfinished_files) {
    if (name.size() >= file.name.size() || file.taken.exchange(true)) continue;
    name.copy(file.name.data(), name.size());
    file.name[name.size()] = '\0';
    file.ready = true;
    return;
  }
}

void forget_unfinished(const std::string& name) {
  for (UnfinishedFile& file : unfinished_files) {
    if (file.ready && name == file.name.data()) {
      file.ready = false;
      file.taken = false;
      return;
    }
  }
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path file)
    : file_(std::move(file)), unfinished_(hidden_name(file_)), stream_(nullptr) {
  note_unfinished(unfinished_.string());
  while (is_ending) std::this_thread::sleep_for(std::chrono::seconds(1));
  stream_ = std::fopen(unfinished_.c_str(), "wb");
  if (stream_ == nullptr) {
    const int reason = errno;
    forget_unfinished(unfinished_.string());
    fail(reason);
  }
}

AtomicFile::~AtomicFile() {
  if (stream_ != nullptr) std::fclose(stream_);
  std::error_code ignored;  // after finish() there is nothing left to remove
  std::filesystem::remove(unfinished_, ignored);
  forget_unfinished(unfinished_.string());
}

void AtomicFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream_) != bytes.size()) fail(errno);
}

void AtomicFile::finish() {
  const bool is_closed = std::fclose(std::exchange(stream_, nullptr)) == 0;
  if (!is_closed || std::rename(unfinished_.c_str(), file_.c_str()) != 0) fail(errno);
}

void AtomicFile::fail(int reason) const {
  throw Error("write", file_.string(),
              std::generic_category().message(reason) +
                  "; check that the folder exists, can be written to and has room");
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure || !std::filesystem::is_directory(folder)) {
    throw Error("write", folder.string(), "is not a folder and cannot be made one");
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
