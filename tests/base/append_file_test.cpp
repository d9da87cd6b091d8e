#include "base/append_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "cxr/error.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

TEST(AppendFile, KeepsWhatIsThereAndAddsToIt) {
  const test::TempDir folder;
  {
    AppendFile file(folder / "lines");
    file.append("one\n");
    file.sync();
  }
  AppendFile file(folder / "lines");
  file.append("two\n");
  EXPECT_EQ(test::read_file(folder / "lines"), "one\ntwo\n");
}

/// Otherwise the next line would be lost with it.
TEST(AppendFile, ALastLineThatBreaksOffIsRemoved) {
  const test::TempDir folder;
  const std::string long_line = std::string(200'000, 'x') + "\n";
  for (const std::string& whole : {std::string(), std::string("one\n"), long_line}) {
    for (const std::string& torn : {std::string(), std::string("tw"), std::string(150'000, '\0')}) {
      std::ofstream(folder / "lines", std::ios::binary) << whole << torn;
      AppendFile file(folder / "lines");
      file.append("next\n");
      EXPECT_EQ(test::read_file(folder / "lines"), whole + "next\n")
          << whole.size() << ", " << torn.size();
    }
  }
}

/// A limit on the size of files stands in for a full disk.
TEST(AppendFile, ALineThatFindsNoRoomIsTakenBack) {
  const test::TempDir folder;
  const fs::path name = folder / "lines";
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    AppendFile file(name);
    file.append("12345\n");
    try {
      file.append("1234567890\n");
    } catch (const Error&) {
      ::_exit(7);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 7) << "no error";
  EXPECT_EQ(test::read_file(name), "12345\n");
}

TEST(AppendFile, ALinkIsRefused) {
  const test::TempDir folder;
  std::ofstream(folder / "precious") << "data";
  fs::create_symlink(folder / "precious", folder / "lines");
  EXPECT_THROW(AppendFile(folder / "lines"), Error);
  EXPECT_EQ(test::read_file(folder / "precious"), "data");
}

}  // namespace
}  // namespace cxr
