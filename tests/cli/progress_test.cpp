#include "cli/progress.h"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <thread>

namespace cxr {
namespace {

TEST(Progress, IsSilentWhereThereIsNoTerminal) {
  std::ostringstream out;
  ProgressBar bar(out, false);
  bar.show("images", 1, 2);
  bar.clear();
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, WritesALineNowAndThenWhereAskedTo) {
  using std::chrono::milliseconds;
  std::ostringstream out;
  ProgressBar bar(out, false, milliseconds(20));
  bar.show("images", 1, 9);
  EXPECT_EQ(out.str(), "") << "too soon";
  std::this_thread::sleep_for(milliseconds(25));
  bar.show("images", 5, 9, "1 failed");
  bar.show("images", 6, 9, "1 failed");
  std::this_thread::sleep_for(milliseconds(25));
  bar.show("images", 9, 9, "1 failed");
  EXPECT_EQ(out.str(), "images 5/9  1 failed\n") << "the end is told by what follows";
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
