#include "cxr/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cxr {
namespace {

TEST(Progress, IsSilentWhereThereIsNoTerminal) {
  std::ostringstream out;
  ProgressBar bar(out, false);
  bar.show("images", 1, 2);
  bar.clear();
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, ShowsHowFarAndLeavesNothingBehind) {
  std::ostringstream out;
  {
    ProgressBar bar(out, true);
    bar.show("images", 1, 4, "loss 0.5");
    bar.show("images", 4, 4, "loss 0.4");
  }
  EXPECT_NE(out.str().find("images [######..................] 1/4  loss 0.5"), std::string::npos);
  EXPECT_NE(out.str().find("[########################] 4/4  loss 0.4"), std::string::npos);
  EXPECT_TRUE(out.str().ends_with("\r\x1b[K"));
}

TEST(Progress, DurationsReadAsPeopleSayThem) {
  EXPECT_EQ(format_duration(7.6), "8 s");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(7500), "2 h 5 min");
}

}  // namespace
}  // namespace cxr
