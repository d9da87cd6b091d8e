#include "base/suggestion.h"

#include <gtest/gtest.h>

namespace cxr {
namespace {

const std::vector<std::string> kOptions{"--output", "--config", "--set", "--save", "--threads"};

TEST(Suggestion, MistypedWordsAreRecognised) {
  EXPECT_EQ(closest_word("--outptu", kOptions), "--output");
  EXPECT_EQ(closest_word("--ouput", kOptions), "--output");
  EXPECT_EQ(closest_word("--thread", kOptions), "--threads");
  EXPECT_EQ(closest_word("--conf", kOptions), "--config") << "its beginning";
  EXPECT_EQ(did_you_mean("--cofnig", kOptions), "; did you mean --config?");
}

TEST(Suggestion, OtherWordsSuggestNothing) {
  EXPECT_EQ(closest_word("--frobnicate", kOptions), "");
  EXPECT_EQ(closest_word("-x", kOptions), "");
  EXPECT_EQ(did_you_mean("", kOptions), "");
  EXPECT_EQ(did_you_mean("--output", {}), "");
}

}  // namespace
}  // namespace cxr
