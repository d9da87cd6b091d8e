#include "base/atomic_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "cxr/error.h"
#include "support/look.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

long files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(AtomicFile, AppearsUnderItsNameOnlyWhenFinished) {
  const test::TempDir folder;
  AtomicFile file(folder / "table.csv");
  file.write("a,b\n");
  EXPECT_FALSE(fs::exists(folder / "table.csv"));
  file.finish();
  EXPECT_EQ(test::read_file(folder / "table.csv"), "a,b\n");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, WhatIsNotFinishedLeavesTheOldFileAndNothingElse) {
  const test::TempDir folder;
  std::ofstream(folder / "table.csv") << "old";
  {
    AtomicFile file(folder / "table.csv");
    file.write("new");
  }
  EXPECT_EQ(test::read_file(folder / "table.csv"), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, TwoWritersOfOneNameDoNotMix) {
  const test::TempDir folder;
  AtomicFile one(folder / "table.csv");
  AtomicFile other(folder / "table.csv");
  one.write("one");
  other.write("other");
  one.finish();
  EXPECT_EQ(test::read_file(folder / "table.csv"), "one");
  other.finish();
  EXPECT_EQ(test::read_file(folder / "table.csv"), "other");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, AFolderThatIsNotThereIsAnErrorThatNamesTheFile) {
  const test::TempDir folder;
  try {
    const AtomicFile file(folder.path() / "missing" / "table.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing/table.csv"), std::string::npos);
  }
}

/// What a process that was killed left behind goes; what one that runs is writing stays.
TEST(AtomicFile, OnlyDeadFilesAreRemoved) {
  const test::TempDir folder;
  std::ofstream(folder / ".cxr-1-2.part") << "half";
  std::ofstream(folder / ".cxr-notes") << "not ours";
  std::ofstream(folder / "film.part") << "not ours";
  AtomicFile file(folder / "table.csv");
  file.write("a,b\n");
  EXPECT_EQ(files_in(folder.path()), 4);
  remove_dead_files(folder.path());
  EXPECT_EQ(files_in(folder.path()), 3);
  EXPECT_FALSE(fs::exists(folder / ".cxr-1-2.part"));
  file.finish();
  EXPECT_EQ(test::read_file(folder / "table.csv"), "a,b\n");
  remove_dead_files(folder / "missing");
}

TEST(AtomicFile, ALinkIsReplacedAndNotFollowed) {
  const test::TempDir folder;
  std::ofstream(folder / "precious") << "data";
  fs::create_symlink(folder / "precious", folder / "table.csv");
  AtomicFile file(folder / "table.csv");
  file.write("a,b\n");
  file.finish();
  EXPECT_EQ(test::read_file(folder / "precious"), "data");
  EXPECT_FALSE(fs::is_symlink(folder / "table.csv"));
}

TEST(AtomicFile, AFullDiskIsAnErrorOfItsOwn) {
  EXPECT_THROW(throw_write_error("a.png", ENOSPC), DiskError);
  EXPECT_THROW(throw_write_error("a.png", EROFS), DiskError);
  try {
    throw_write_error("a.png", EACCES);
  } catch (const DiskError&) {
    FAIL() << "another file may be written";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Permission denied"), std::string::npos);
  }
}

}  // namespace
}  // namespace cxr
