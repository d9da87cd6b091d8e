#include "base/atomic_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

long files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(AtomicFile, AppearsUnderItsNameOnlyWhenFinished) {
  const test::TempDir folder;
  AtomicFile file(folder / "table.csv");
  file.write("a,b\n");
  EXPECT_FALSE(fs::exists(folder / "table.csv"));
  file.finish();
  EXPECT_EQ(read(folder / "table.csv"), "a,b\n");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, WhatIsNotFinishedLeavesTheOldFileAndNothingElse) {
  const test::TempDir folder;
  std::ofstream(folder / "table.csv") << "old";
  {
    AtomicFile file(folder / "table.csv");
    file.write("new");
  }
  EXPECT_EQ(read(folder / "table.csv"), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, TwoWritersOfOneNameDoNotMix) {
  const test::TempDir folder;
  AtomicFile one(folder / "table.csv");
  AtomicFile other(folder / "table.csv");
  one.write("one");
  other.write("other");
  one.finish();
  EXPECT_EQ(read(folder / "table.csv"), "one");
  other.finish();
  EXPECT_EQ(read(folder / "table.csv"), "other");
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

}  // namespace
}  // namespace cxr
