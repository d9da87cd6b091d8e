#include "base/path_index.h"

#include <gtest/gtest.h>

namespace cxr {
namespace {

PathIndex index_of(const std::vector<std::string>& paths) {
  PathIndex index;
  for (std::size_t i = 0; i < paths.size(); ++i) index.add(paths[i], i);
  return index;
}

TEST(PathIndex, FindsAPathWhicheverHasMoreFoldersInFront) {
  const PathIndex index = index_of({"/data/images/a.png", "b.png", "x/c.png"});
  EXPECT_EQ(index.find("/data/images/a.png"), 0U);
  EXPECT_EQ(index.find("images/a.png"), 0U);
  EXPECT_EQ(index.find("./a.png"), 0U);
  EXPECT_EQ(index.find("y/x/b.png"), 1U);
  EXPECT_EQ(index.find("c.png"), 2U);
  for (const char* other : {"ages/a.png", "ta/images/a.png", "y/c.png", "png", "", "c.pn"}) {
    EXPECT_EQ(index.find(other), std::nullopt) << other;
  }
}

TEST(PathIndex, PrefersTheWholePathAndThenTheLongestEndAndDoesNotGuess) {
  const PathIndex index = index_of({"a.png", "x/a.png", "y/x/b.png", "z/x/b.png"});
  EXPECT_EQ(index.find("a.png"), 0U);
  EXPECT_EQ(index.find("w/x/a.png"), 1U);
  EXPECT_EQ(index.find("w/a.png"), 0U);
  EXPECT_EQ(index.find("x/b.png"), std::nullopt) << "may be either";
}

TEST(PathIndex, SaysWhatIsThereTwice) {
  PathIndex index;
  EXPECT_TRUE(index.add("x/a.png", 0));
  EXPECT_FALSE(index.add("x/a.png", 1));
  EXPECT_FALSE(index.add("x/./a.png", 1));
  EXPECT_TRUE(index.add("/x/a.png", 1));
}

}  // namespace
}  // namespace cxr
