// Files are read in processes of their own with the same results, and without harm to this one.

#include "read/reading_processes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <thread>
#include <typeinfo>

#include "cxr/error.h"
#include "read/memory_budget.h"
#include "read/reader_process.h"
#include "support/dicom_file.h"
#include "support/phantom.h"
#include "support/temp_dir.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;

cv::Mat film(unsigned seed = 0) { return make_phantom({.size = {180, 150}, .seed = seed}).image; }

/// A picture that takes a while.
void write_large(const fs::path& file) {
  cv::imwrite(file, cv::Mat(8000, 8000, CV_8UC3, cv::Scalar::all(9)),
              {cv::IMWRITE_PNG_COMPRESSION, 1});
}

class ReadingProcessesTest : public ::testing::Test {
 protected:
  std::vector<fs::path> write_films() const {
    cv::imwrite(folder_ / "grey.png", film());
    cv::imwrite(folder_ / "photo.jpg", film(1));
    write_dicom(folder_ / "turned.dcm",
                {.samples = film(2), .texts = {{"0020,0020", "R\\F"}, {"0020,000D", "1.2.3"}}});
    write_dicom(folder_ / "lateral.dcm", {.samples = film(3), .texts = {{"0018,5101", "LL"}}});
    std::ofstream(folder_ / "text.png") << "text";
    std::ofstream(folder_ / "empty.png");
    fs::create_directory(folder_ / "folder.png");
    std::vector<fs::path> files{folder_ / "missing.png", folder_ / "not \xFF utf-8.png"};
    for (const auto& entry : fs::directory_iterator(folder_.path())) files.push_back(entry);
    return files;
  }

  TempDir folder_;
};

/// What is known of a file once it was read: its pixels and notes, or its error.
struct Reading {
  cv::Mat image;
  std::vector<std::string> notes;
  std::string error, stage, subject;
  std::string kind;  ///< of the error
  cv::Size size;
  std::string study;
  std::vector<std::string> source;
};

Reading read_all_of(const fs::path& file) {
  Reading reading;
  reading.study = read_dicom_uids(file).study;
  if (const auto source = read_dicom_source(file)) reading.source = to_parts(*source);
  try {
    reading.size = radiograph_size(file);
    Radiograph radiograph = read_radiograph(file);
    reading.image = radiograph.image;
    reading.notes = radiograph.notes;
  } catch (const Error& error) {
    reading.error = error.what();
    reading.stage = error.stage();
    reading.subject = error.subject();
    reading.kind = typeid(error).name();
  }
  return reading;
}

TEST_F(ReadingProcessesTest, FindInAFileWhatThisProcessFinds) {
  const std::vector<fs::path> files = write_films();
  std::vector<Reading> here;
  for (const fs::path& file : files) here.push_back(read_all_of(file));
  const ReadingProcesses processes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    SCOPED_TRACE(files[i]);
    const Reading there = read_all_of(files[i]);
    EXPECT_EQ(there.error, here[i].error);
    EXPECT_EQ(there.stage, here[i].stage);
    EXPECT_EQ(there.subject, here[i].subject);
    EXPECT_EQ(there.kind, here[i].kind);
    EXPECT_EQ(there.notes, here[i].notes);
    EXPECT_EQ(there.size, here[i].size);
    EXPECT_EQ(there.study, here[i].study);
    EXPECT_EQ(there.source, here[i].source);
    ASSERT_EQ(there.image.size(), here[i].image.size());
    EXPECT_EQ(cv::norm(there.image, here[i].image, cv::NORM_INF), 0);
  }
  EXPECT_EQ(read_radiograph(folder_ / "lateral.dcm", {.force = true}).image.rows, 150);
  EXPECT_THROW(read_radiograph(folder_ / "grey.png", {.max_pixels = 180 * 149}), Error);
}

TEST_F(ReadingProcessesTest, ServeSeveralThreads) {
  for (unsigned i = 0; i < 8; ++i) {
    cv::imwrite(folder_ / (std::to_string(i) + ".png"), film(i));
  }
  ReadingProcesses processes;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 10; ++round) {
        const cv::Mat image = read_radiograph(folder_ / (std::to_string(i) + ".png")).image;
        EXPECT_EQ(cv::norm(image, film(i), cv::NORM_INF), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ReadingProcessesTest, EndAFileThatTakesTooLong) {
  write_large(folder_ / "large.png");
  cv::imwrite(folder_ / "film.png", film());
  const ReadingProcesses processes({.cpu_seconds = 0.1, .seconds = 60});
  for (int i = 0; i < 2; ++i) {
    try {
      read_radiograph(folder_ / "large.png");
      ADD_FAILURE() << "it was read";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()),
                "read: " + (folder_ / "large.png").string() +
                    ": reading it takes too long; the file is damaged or hostile");
    }
    EXPECT_EQ(read_radiograph(folder_ / "film.png").image.cols, 180);
  }
}

// ---- Processes

std::vector<pid_t> children_of(pid_t process) {
  const std::string id = std::to_string(process);
  std::ifstream stream("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; stream >> child;) children.push_back(child);
  return children;
}

/// The processes that read for this one, which has no other child.
std::vector<pid_t> readers() { return children_of(children_of(::getpid()).at(0)); }

bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

TEST_F(ReadingProcessesTest, AReaderThatDiesBetweenTwoFilesIsReplaced) {
  cv::imwrite(folder_ / "film.png", film());
  const ReadingProcesses processes;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(read_radiograph(folder_ / "film.png").image.cols, 180);
    ASSERT_EQ(readers().size(), 1U);
    const pid_t reader = readers()[0];
    ::kill(reader, SIGKILL);
    ASSERT_TRUE(comes_true([&] { return readers() != std::vector{reader}; }));
  }
}

TEST_F(ReadingProcessesTest, LeaveNoProcessBehind) {
  cv::imwrite(folder_ / "film.png", film());
  pid_t caretaker = 0, reader = 0;
  {
    const ReadingProcesses processes;
    read_radiograph(folder_ / "film.png");
    caretaker = children_of(::getpid()).at(0);
    reader = readers().at(0);
  }
  EXPECT_FALSE(fs::exists("/proc/" + std::to_string(reader)));
  EXPECT_FALSE(fs::exists("/proc/" + std::to_string(caretaker)));
  {
    const ReadingProcesses processes;
    ::kill(children_of(::getpid()).at(0), SIGSTOP);
  }
  EXPECT_TRUE(children_of(::getpid()).empty()) << "although it was stopped";
}

/// A service may start the program so, and its limits hold all the same.
TEST_F(ReadingProcessesTest, EndWhatTakesTooLongWhateverSignalsWereIgnored) {
  write_large(folder_ / "large.png");
  const std::array ignored = {SIGCHLD, SIGPROF, SIGALRM};
  for (const int signal : ignored) std::signal(signal, SIG_IGN);
  const ReadingProcesses processes({.cpu_seconds = 0.1, .seconds = 60});
  for (const int signal : ignored) std::signal(signal, SIG_DFL);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(read_radiograph(folder_ / "large.png"), Error);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(50));
}

/// Large files wait for one another, here for a share that is never given back.
TEST_F(ReadingProcessesTest, AReaderThatDiesWaitingForMemoryIsReplaced) {
  cv::imwrite(folder_ / "film.png", film());
  const ReadingProcesses processes;
  auto taken = std::make_unique<MemoryBudget::Share>(pixel_budget, std::uint64_t{1} << 30);
  std::string error;
  std::thread waiting([&] {
    try {
      read_radiograph(folder_ / "film.png");
    } catch (const Error& thrown) {
      error = thrown.what();
    }
  });
  ASSERT_TRUE(
      comes_true([&] { return children_of(::getpid()).size() == 1 && readers().size() == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ::kill(readers()[0], SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  taken.reset();
  waiting.join();
  EXPECT_NE(error.find("was killed"), std::string::npos) << error;
  EXPECT_EQ(read_radiograph(folder_ / "film.png").image.cols, 180);
}

TEST_F(ReadingProcessesTest, WaitForOneAnotherWhereNoMoreCanBeStarted) {
  cv::imwrite(folder_ / "film.png", film());
  ReadingProcesses processes;
  read_radiograph(folder_ / "film.png");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{static_cast<rlim_t>(next), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::atomic<int> read = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { read += read_radiograph(folder_ / "film.png").image.cols; });
  }
  for (std::thread& thread : threads) thread.join();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(read, 4 * 180);
}

TEST_F(ReadingProcessesTest, OutliveCtrlCAndNotTheProcess) {
  cv::imwrite(folder_ / "film.png", film());
  const pid_t child = ::fork();
  if (child == 0) {
    const ReadingProcesses processes;
    read_radiograph(folder_ / "film.png");
    ::pause();
  }
  pid_t caretaker = 0, reader = 0;
  ASSERT_TRUE(comes_true([&] {
    const std::vector<pid_t> keepers = children_of(child);
    const std::vector<pid_t> found =
        keepers.empty() ? std::vector<pid_t>() : children_of(keepers[0]);
    if (found.empty()) return false;
    caretaker = keepers[0];
    reader = found[0];
    return true;
  }));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ::kill(caretaker, signal);
    ::kill(reader, signal);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(::kill(reader, 0), 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto is_gone = [](pid_t process) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string id, name, state;
    return !(stat >> id >> name >> state) || state == "Z";
  };
  EXPECT_TRUE(comes_true([&] { return is_gone(caretaker) && is_gone(reader); }));
}

/// What an intruder in a decoder would try, and a decoder never does.
TEST(ReaderRights, EndWithReading) {
  const TempDir folder;
  const std::string file = folder / "file";
  std::ofstream(file) << "text";
  const pid_t child = ::fork();
  if (child == 0) {
    give_up_rights();
    char program[] = "/bin/true";
    char* arguments[] = {program, nullptr};
    const bool attempts[] = {
        ::open(file.c_str(), O_RDONLY) < 0,  // is allowed
        ::open(file.c_str(), O_WRONLY) >= 0,
        ::open(file.c_str(), O_RDWR | O_TRUNC) >= 0,
        ::open((folder / "new").c_str(), O_CREAT | O_RDONLY, 0600) >= 0,
        ::unlink(file.c_str()) == 0,
        ::rename(file.c_str(), (folder / "other").c_str()) == 0,
        ::socket(AF_INET, SOCK_STREAM, 0) >= 0,
        ::kill(::getppid(), 0) == 0,
        ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0) == 0,
        ::fork() >= 0,
        ::execv(program, arguments) == 0,
    };
    for (std::size_t i = 0; i < std::size(attempts); ++i) {
      if (attempts[i]) ::_exit(static_cast<int>(i) + 1);
    }
    ::_exit(100);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 100) << "the number of the attempt that ended otherwise";
  EXPECT_TRUE(fs::exists(file));
}

}  // namespace
}  // namespace cxr::test
