#include "base/access.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/temp_dir.h"

namespace cxr {
namespace {

TEST(Access, SaysWhyAFileCannotBeRead) {
  const test::TempDir folder;
  std::ofstream(folder / "file") << "text";
  EXPECT_EQ(why_unreadable(folder / "file"), "");
  EXPECT_EQ(why_unreadable(folder / "none"), "no such file");
  EXPECT_EQ(why_unreadable(folder.path()), "is a folder");
  EXPECT_EQ(why_unreadable(folder / "file" / "below"), "not a directory");
}

TEST(Access, SaysWhyAFolderCannotBeListed) {
  const test::TempDir folder;
  std::ofstream(folder / "file") << "text";
  EXPECT_EQ(why_unlistable(folder.path()), "");
  EXPECT_EQ(why_unlistable(folder / "none"), "no such folder");
  EXPECT_EQ(why_unlistable(folder / "file"), "is not a folder");
}

TEST(Access, DoesNotOpenAPipe) {
  const test::TempDir folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(why_unreadable(folder / "pipe"), "");
}

}  // namespace
}  // namespace cxr
