#include "reading_notes.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>

#include "base/atomic_file.h"
#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "reading.txt";
constexpr std::size_t kSlotBytes = 16384;
constexpr unsigned kMostSeconds = 120;
constexpr int kOutOfMemory = 3;

[[noreturn]] void read_and_exit(const fs::path& file, const ReadOptions& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  ::alarm(kMostSeconds);
  try {
    read_radiograph(file, options);
  } catch (const std::bad_alloc&) {
    ::_exit(kOutOfMemory);
  } catch (...) {  // it cannot be read, which ends nothing
  }
  ::_exit(0);
}

}  // namespace

std::vector<std::string> ReadingNotes::left_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::ifstream stream(folder / kFile, std::ios::binary);
  for (std::string slot(kSlotBytes, '\0'); stream; std::ranges::fill(slot, '\0')) {
    stream.read(slot.data(), kSlotBytes);
    std::string name(slot.c_str());
    if (name.ends_with('\n')) name.pop_back();
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

ReadingNotes::ReadingNotes(const fs::path& folder)
    : file_(folder / kFile),
      descriptor_(
          ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw_write_error(file_, errno);
}

ReadingNotes::~ReadingNotes() {
  ::close(descriptor_);
  std::error_code ignored;
  fs::remove(file_, ignored);
}

ReadingNotes::Slot::Slot(ReadingNotes& notes) : notes_(notes) {
  const std::scoped_lock lock(notes_.mutex_);
  const auto free = std::ranges::find(notes_.taken_, false);
  place_ = static_cast<std::size_t>(free - notes_.taken_.begin());
  if (free == notes_.taken_.end()) {
    notes_.taken_.push_back(true);
  } else {
    *free = true;
  }
}

ReadingNotes::Slot::~Slot() {
  note("");
  const std::scoped_lock lock(notes_.mutex_);
  notes_.taken_[place_] = false;
}

/// Where it cannot be written, nothing is lost but the note.
void ReadingNotes::Slot::note(const std::string& name) const {
  if (name.size() + 2 > kSlotBytes) return;
  const std::string text = name.empty() ? std::string(1, '\0') : name + "\n" + '\0';
  [[maybe_unused]] const ssize_t ignored = ::pwrite(notes_.descriptor_, text.data(), text.size(),
                                                    static_cast<off_t>(place_ * kSlotBytes));
}

std::string try_reading(const fs::path& file, const ReadOptions& options) {
  const pid_t child = ::fork();
  if (child < 0) return "";  // no process left: it is read as all others are
  if (child == 0) read_and_exit(file, options);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return "";
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return "no end within two minutes";
  if (WIFSIGNALED(status)) return ::strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "";
  return WEXITSTATUS(status) == kOutOfMemory ? "out of memory" : "it exits";
}

}  // namespace cxr
