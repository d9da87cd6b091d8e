#include "cxr/whole_file.h"

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

TEST(WholeFile, AppearsUnderItsNameOnlyWhenFinished) {
  const test::TempDir folder;
  WholeFile file(folder / "table.csv");
  file.write("a,b\n");
  EXPECT_FALSE(fs::exists(folder / "table.csv"));
  file.finish();
  EXPECT_EQ(read(folder / "table.csv"), "a,b\n");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(WholeFile, WhatIsNotFinishedLeavesTheOldFileAndNothingElse) {
  const test::TempDir folder;
  std::ofstream(folder / "table.csv") << "old";
  {
    WholeFile file(folder / "table.csv");
    file.write("new");
  }
  EXPECT_EQ(read(folder / "table.csv"), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(WholeFile, TwoWritersOfOneNameDoNotMix) {
  const test::TempDir folder;
  WholeFile one(folder / "table.csv");
  WholeFile other(folder / "table.csv");
  one.write("one");
  other.write("other");
  one.finish();
  EXPECT_EQ(read(folder / "table.csv"), "one");
  other.finish();
  EXPECT_EQ(read(folder / "table.csv"), "other");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(WholeFile, AFolderThatIsNotThereIsAnErrorThatNamesTheFile) {
  const test::TempDir folder;
  try {
    const WholeFile file(folder.path() / "missing" / "table.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("missing/table.csv"), std::string::npos);
  }
}

}  // namespace
}  // namespace cxr
