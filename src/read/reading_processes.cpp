#include "reading_processes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "cxr/error.h"
#include "memory_budget.h"
#include "reader_message.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

ReadingProcesses* the_running = nullptr;

/// A reader keeps the pages of images up to this size for the next one.
constexpr std::size_t kKeptPixels = std::size_t{32} << 20;

[[noreturn]] void throw_system_error(const std::string& what, int error) {
  throw Error("read", "", what + ": " + std::strerror(error));
}

std::pair<int, int> make_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_system_error("cannot connect to a process that reads images", errno);
  }
  return {ends[0], ends[1]};
}

std::uint64_t to_number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Why a reader died of a file.
std::string describe_death(int status) {
  if (WIFEXITED(status)) return "reading it ends the decoder";
  switch (const int signal = WTERMSIG(status)) {
    case SIGPROF:
    case SIGALRM:
      return "reading it takes too long";
    case SIGKILL:
      return "reading it was ended by the system, which has no more memory";
    default:
      return std::string("reading it crashes the decoder: ") + ::strsignal(signal);
  }
}

/// Throws what a reader has thrown, or says what it died of.
[[noreturn]] void throw_failure(const ReaderMessage& answer, const fs::path& file) {
  const std::string& kind = answer[1];
  if (kind == "skipped") throw SkippedError(answer[2], answer[3], answer[4]);
  if (kind == "error") throw Error(answer[2], answer[3], answer[4]);
  if (kind != "died") throw std::runtime_error(answer[2]);
  throw Error(
      "read", file.string(),
      describe_death(static_cast<int>(to_number(answer[2]))) + "; the file is damaged or hostile");
}

}  // namespace

// ---- One reader

struct ReadingProcesses::Reader {
  int socket = -1, memory = -1;
  const unsigned char* pixels = nullptr;

  void close() const {
    ::close(socket);
    if (pixels != nullptr) ::munmap(const_cast<unsigned char*>(pixels), kReaderMemory);
    ::close(memory);
  }
};

/// A reader that a thread has for itself, and gives back unless it is gone.
class ReadingProcesses::Lease {
 public:
  explicit Lease(ReadingProcesses& all) : all_(all) {
    const std::scoped_lock lock(all_.mutex_);
    if (all_.idle_.empty()) {
      reader_ = start();
    } else {
      reader_ = all_.idle_.back();
      all_.idle_.pop_back();
    }
  }
  ~Lease() {
    if (is_gone_) {
      reader_.close();
      return;
    }
    const std::scoped_lock lock(all_.mutex_);
    all_.idle_.push_back(reader_);
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Asks about a file; returns what follows the word of the answer, which is that of the request.
  /// Throws what reading the file throws.
  ReaderMessage ask(const std::string& word, const fs::path& file, const ReaderMessage& more = {}) {
    static std::atomic<std::uint64_t> requests = 0;
    const std::string number = std::to_string(++requests);
    ReaderMessage request{number, word, file.string()};
    request.insert(request.end(), more.begin(), more.end());
    is_gone_ = !send_message(reader_.socket, request);
    while (!is_gone_) {
      ReaderMessage answer = receive_message(reader_.socket);
      is_gone_ = answer.empty();
      if (is_gone_ || answer[0] != number) continue;  // it died after its last answer
      answer.resize(std::max<std::size_t>(answer.size(), 5));
      if (answer[1] == word) return {answer.begin() + 2, answer.end()};
      if (answer[1] == "memory") {
        is_gone_ = !grant(answer[2], to_number(answer[3]));
      } else {
        throw_failure(answer, file);
      }
    }
    throw Error("read", file.string(), "the process that reads images is gone; run again");
  }

  /// What is in the shared memory.
  cv::Mat image(const std::string& height, const std::string& width) const {
    const std::uint64_t rows = to_number(height), columns = to_number(width);
    const auto most = static_cast<std::uint64_t>(kMaxPixels);
    if (rows < 1 || columns < 1 || rows > most || columns > most / rows) {
      throw std::runtime_error("a reader is not in its right mind");
    }
    const cv::Mat shared(static_cast<int>(rows), static_cast<int>(columns), CV_8UC1,
                         const_cast<unsigned char*>(reader_.pixels));
    cv::Mat image = shared.clone();
    if (image.total() > kKeptPixels) {
      ::fallocate(reader_.memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kMaxPixels);
    }
    return image;
  }

 private:
  /// Returns whether the reader was there to take it.
  bool grant(const std::string& what, std::uint64_t bytes) {
    const bool is_file = what == "file";
    std::optional<MemoryBudget::Share>& share = shares_[is_file ? 0 : 1];
    if (!share) share.emplace(is_file ? file_budget : pixel_budget, bytes);
    return send_message(reader_.socket, {"go on"});
  }

  Reader start() const {
    const auto [ours, theirs] = make_sockets();
    Reader reader{.socket = ours};
    const timeval most{all_.most_seconds_, 0};  // should all else fail
    ::setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    reader.memory = ::memfd_create("cxr-pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    const bool is_sized = reader.memory >= 0 && ::ftruncate(reader.memory, kReaderMemory) == 0;
    // A smaller one would end this process when it reads the pixels.
    ::fcntl(reader.memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    void* pixels = is_sized
                       ? ::mmap(nullptr, kReaderMemory, PROT_READ, MAP_SHARED, reader.memory, 0)
                       : MAP_FAILED;
    const bool is_started =
        pixels != MAP_FAILED && start_reader(all_.control_, {theirs, reader.memory});
    const int error = errno;
    ::close(theirs);
    if (pixels != MAP_FAILED) reader.pixels = static_cast<const unsigned char*>(pixels);
    if (is_started) return reader;
    reader.close();
    throw_system_error("cannot start a process that reads images", error);
  }

  ReadingProcesses& all_;
  Reader reader_;
  bool is_gone_ = false;
  std::array<std::optional<MemoryBudget::Share>, 2> shares_;
};

// ---- All

ReadingProcesses::ReadingProcesses(const ReadingLimits& limits)
    : most_seconds_(static_cast<long>(limits.seconds) + 60) {
  const auto [ours, theirs] = make_sockets();
  caretaker_ = ::fork();
  if (caretaker_ == 0) take_care_of_readers(theirs, limits);
  const int error = errno;
  ::close(theirs);
  control_ = ours;
  if (caretaker_ < 0) {
    ::close(ours);
    throw_system_error("cannot start a process that reads images", error);
  }
  the_running = this;
}

ReadingProcesses::~ReadingProcesses() {
  the_running = nullptr;
  for (const Reader& reader : idle_) reader.close();
  ::close(control_);
  while (::waitpid(caretaker_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

ReadingProcesses* ReadingProcesses::running() { return the_running; }

Radiograph ReadingProcesses::read_radiograph(const fs::path& file, const ReadOptions& options) {
  Lease reader(*this);
  const std::string max_pixels = std::to_string(options.max_pixels);
  const ReaderMessage found = reader.ask("read", file, {max_pixels, options.force ? "force" : ""});
  Radiograph radiograph{reader.image(found[0], found[1])};
  std::copy_if(found.begin() + 2, found.end(), std::back_inserter(radiograph.notes),
               [](const std::string& note) { return !note.empty(); });
  return radiograph;
}

cv::Size ReadingProcesses::radiograph_size(const fs::path& file) {
  const ReaderMessage found = Lease(*this).ask("size", file);
  return {static_cast<int>(to_number(found[0])), static_cast<int>(to_number(found[1]))};
}

DicomUids ReadingProcesses::read_dicom_uids(const fs::path& file) {
  const ReaderMessage found = Lease(*this).ask("uids", file);
  return {found[0], found[1], found[2]};
}

}  // namespace cxr
