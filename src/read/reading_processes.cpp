#include "reading_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "cxr/error.h"
#include "memory_budget.h"
#include "reader_message.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

ReadingProcesses* the_running = nullptr;

/// A reader keeps the pages of images up to this size for the next one.
constexpr std::size_t kKeptPixels = std::size_t{4} << 20;
constexpr std::uint64_t kMostTaken = std::uint64_t{1} << 33;

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

/// One line of a text that a reader sent.
std::string line(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char letter) { return letter < ' '; }, ' ');
  return text;
}

/// Waits for a message until a time is over. Returns whether there is one, or the other end is
/// gone.
bool wait_for_message(int socket, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd wait{socket, POLLIN, 0};
    const int milliseconds = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    const int ready = ::poll(&wait, 1, milliseconds);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error("read", file.string(), what);
}

[[noreturn]] void throw_death(int status, const fs::path& file) {
  const std::string blame = "; the file is damaged or hostile";
  if (WIFEXITED(status)) fail(file, "the decoder exits while reading it" + blame);
  switch (const int signal = WTERMSIG(status)) {
    case SIGPROF:
      fail(file, "reading it takes too long" + blame);
    case SIGALRM:
      fail(file, "reading it takes too long; run again");
    case SIGKILL:
      fail(file, "the process that read it was killed, perhaps for lack of memory; run again");
    default:
      fail(file, std::string("reading it crashes the decoder: ") + ::strsignal(signal) + blame);
  }
}

}  // namespace

// ---- One reader

struct ReadingProcesses::Reader {
  int socket = -1, memory = -1;
  const unsigned char* pixels = nullptr;

  void close() const {
    ::close(socket);
    ::close(memory);
    if (pixels != nullptr) ::munmap(const_cast<unsigned char*>(pixels), kReaderMemory);
  }
  /// The number of the request that it answers, or has answered last.
  std::uint64_t request() const {
    std::uint64_t number = 0;
    std::memcpy(&number, pixels + kMaxPixels, sizeof number);
    return number;
  }
};

/// A reader that a thread has for itself. One that answered is given back; another one is lost.
class ReadingProcesses::Lease {
 public:
  explicit Lease(ReadingProcesses& processes) : processes_(processes), reader_(processes.take()) {}
  ~Lease() {
    if (is_sound_) {
      processes_.give_back(reader_);
    } else {
      processes_.lose(reader_);
    }
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Asks about a file; returns what follows the word of the answer, which is that of the request.
  /// Throws what reading the file throws. Nothing if the reader died before it began.
  std::optional<ReaderMessage> ask(const std::string& word, const fs::path& file,
                                   const ReaderMessage& more) {
    static std::atomic<std::uint64_t> requests = 0;
    const std::uint64_t number = ++requests;
    ReaderMessage request{std::to_string(number), word, file.string()};
    request.insert(request.end(), more.begin(), more.end());
    const auto most = std::chrono::seconds(static_cast<long>(processes_.limits_.seconds) + 60);
    if (!send_message(reader_.socket, request)) return std::nullopt;
    for (auto end = Clock::now() + most; wait_for_message(reader_.socket, end);) {
      ReaderMessage answer = receive_message(reader_.socket);
      if (answer.empty() || answer[0] == "died") {
        if (reader_.request() != number) return std::nullopt;
        throw_death(answer.size() < 2 ? SIGKILL : static_cast<int>(to_number(answer[1])), file);
      }
      answer.resize(std::max<std::size_t>(answer.size(), 4));
      if (answer[0] == "memory") {
        grant(answer, file);
        end = Clock::now() + most;
      } else {
        is_sound_ = true;
        return content(std::move(answer), word, file);
      }
    }
    fail(file, "reading it takes too long; run again");
  }

  cv::Size checked_size(const ReaderMessage& found, const fs::path& file) {
    const std::uint64_t rows = to_number(found[0]), columns = to_number(found[1]);
    const auto most = static_cast<std::uint64_t>(kMaxPixels);
    if (rows < 1 || columns < 1 || rows > most || columns > most / rows) fail_wrong(file);
    return {static_cast<int>(columns), static_cast<int>(rows)};
  }

  /// What is in the shared memory.
  cv::Mat image(const cv::Size& size) const {
    cv::Mat image = cv::Mat(size, CV_8UC1, const_cast<unsigned char*>(reader_.pixels)).clone();
    if (image.total() > kKeptPixels) {
      ::fallocate(reader_.memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kMaxPixels);
    }
    return image;
  }

 private:
  [[noreturn]] void fail_wrong(const fs::path& file) {
    is_sound_ = false;
    fail(file, "the process that reads it gave a wrong answer; the file is damaged or hostile");
  }

  /// A reader asks once for each budget.
  void grant(const ReaderMessage& answer, const fs::path& file) {
    const bool is_file = answer[1] == "file";
    std::optional<MemoryBudget::Share>& share = shares_[is_file ? 0 : 1];
    if (share) fail_wrong(file);
    share.emplace(is_file ? file_budget : pixel_budget, std::min(to_number(answer[2]), kMostTaken));
    send_message(reader_.socket, {"go on"});
  }

  ReaderMessage content(ReaderMessage answer, const std::string& word, const fs::path& file) {
    const std::string& kind = answer[0];
    if (kind == "skipped") throw SkippedError(answer[1], answer[2], line(answer[3]));
    if (kind == "error") throw Error(answer[1], answer[2], line(answer[3]));
    if (kind == "unexpected") throw std::runtime_error(line(answer[1]));
    if (kind != word) fail_wrong(file);
    answer.erase(answer.begin());
    return answer;
  }

  ReadingProcesses& processes_;
  const Reader reader_;
  bool is_sound_ = false;
  std::array<std::optional<MemoryBudget::Share>, 2> shares_;
};

// ---- All

ReadingProcesses::ReadingProcesses(const ReadingLimits& limits) : limits_(limits) {
  const auto [ours, theirs] = make_sockets();
  std::signal(SIGCHLD, SIG_DFL);  // else the caretaker's number could become another process's
  const pid_t parent = ::getpid();
  caretaker_ = ::fork();
  if (caretaker_ == 0) take_care_of_readers(parent, theirs, limits);
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
  const auto end = Clock::now() + std::chrono::seconds(5);
  while (::waitpid(caretaker_, nullptr, WNOHANG) == 0) {
    if (Clock::now() > end) ::kill(caretaker_, SIGKILL);  // it was stopped; the readers follow
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

ReadingProcesses* ReadingProcesses::running() { return the_running; }

ReadingProcesses::Reader ReadingProcesses::start_one() const {
  const auto [ours, theirs] = make_sockets();
  Reader reader{.socket = ours};
  const timeval a_while{.tv_sec = 10, .tv_usec = 0};  // in which a reader takes what is sent
  ::setsockopt(ours, SOL_SOCKET, SO_SNDTIMEO, &a_while, sizeof a_while);
  reader.memory = ::memfd_create("cxr-pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  // A smaller one would end this process when it reads the pixels.
  bool is_started =
      reader.memory >= 0 && ::ftruncate(reader.memory, kReaderMemory) == 0 &&
      ::fcntl(reader.memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
  if (is_started) {
    void* pixels = ::mmap(nullptr, kReaderMemory, PROT_READ, MAP_SHARED, reader.memory, 0);
    is_started = pixels != MAP_FAILED;
    if (is_started) reader.pixels = static_cast<const unsigned char*>(pixels);
  }
  is_started = is_started && start_reader(control_, {theirs, reader.memory});
  const int error = errno;
  ::close(theirs);
  if (is_started) return reader;
  reader.close();
  throw_system_error("cannot start a process that reads images", error);
}

ReadingProcesses::Reader ReadingProcesses::take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!idle_.empty()) {
      const Reader reader = idle_.back();
      idle_.pop_back();
      return reader;
    }
    try {
      const Reader reader = start_one();
      ++readers_;
      return reader;
    } catch (const Error&) {
      if (readers_ == 0) throw;
    }
    const int before = readers_;
    given_back_.wait(lock, [&] { return !idle_.empty() || readers_ != before; });
  }
}

void ReadingProcesses::give_back(const Reader& reader) {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(reader);
  given_back_.notify_one();
}

void ReadingProcesses::lose(const Reader& reader) {
  reader.close();
  const std::scoped_lock lock(mutex_);
  --readers_;
  given_back_.notify_all();
}

template <typename Make>
auto ReadingProcesses::with_answer(const std::string& word, const fs::path& file,
                                   const ReaderMessage& more, const Make& make) {
  constexpr int kMostTries = 4;
  for (int i = 0; i < kMostTries; ++i) {
    Lease reader(*this);
    if (const std::optional<ReaderMessage> found = reader.ask(word, file, more)) {
      return make(reader, *found);
    }
  }
  fail(file, "the processes that read images end before they begin; run again");
}

Radiograph ReadingProcesses::read_radiograph(const fs::path& file, const ReadOptions& options) {
  const ReaderMessage more{std::to_string(options.max_pixels), options.force ? "force" : ""};
  return with_answer("read", file, more, [&](Lease& reader, const ReaderMessage& found) {
    Radiograph radiograph{reader.image(reader.checked_size(found, file))};
    std::copy_if(found.begin() + 2, found.end(), std::back_inserter(radiograph.notes),
                 [](const std::string& note) { return !note.empty(); });
    return radiograph;
  });
}

cv::Size ReadingProcesses::radiograph_size(const fs::path& file) {
  return with_answer("size", file, {}, [&](Lease& reader, const ReaderMessage& found) {
    return reader.checked_size(found, file);
  });
}

DicomUids ReadingProcesses::read_dicom_uids(const fs::path& file) {
  return with_answer("uids", file, {}, [](Lease&, const ReaderMessage& found) {
    return DicomUids{to_dicom_uid(found[0]), to_dicom_uid(found[1]), to_dicom_uid(found[2])};
  });
}

std::optional<DicomSource> ReadingProcesses::read_dicom_source(const fs::path& file) {
  return with_answer("source", file, {}, [](Lease&, const ReaderMessage& found) {
    const bool is_dicom = found[0] == "dicom";
    return is_dicom ? std::optional(to_dicom_source({found.begin() + 1, found.end()}))
                    : std::nullopt;
  });
}

}  // namespace cxr
