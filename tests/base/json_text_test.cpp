#include "base/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace cxr {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + "1" + std::string(depth, ']');
}

// Some of what is done with JSON recurses: a line of 100,000 brackets ended the process.
TEST(JsonTextTest, WhatIsNestedTooDeepIsNoJson) {
  EXPECT_EQ(parse_json(nested(kMaxJsonDepth)).dump(), nested(kMaxJsonDepth));
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth + 2)).is_discarded());
  EXPECT_TRUE(parse_json(nested(1'000'000)).is_discarded());
  EXPECT_TRUE(parse_json(std::string(1'000'000, '[')).is_discarded());
}

TEST(JsonTextTest, WhatIsNoJsonIsDiscarded) {
  for (const char* text : {"", "{", "[1,]", "nul", "{} {}"}) {
    EXPECT_TRUE(parse_json(std::string(text)).is_discarded()) << text;
  }
  EXPECT_EQ(parse_json(std::string(R"({"a": [1, null]})")).dump(), R"({"a":[1,null]})");
}

}  // namespace
}  // namespace cxr
