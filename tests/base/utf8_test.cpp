#include "base/utf8.h"

#include <gtest/gtest.h>

#include <set>

namespace cxr {
namespace {

TEST(Utf8, BytesThatAreNotUtf8AreEscaped) {
  EXPECT_EQ(to_utf8("L\xC3\xBCnge \xE4"), "L\xC3\xBCnge \\xE4");
  EXPECT_EQ(to_utf8("C:\\xray\\x"), "C:\\xray\\x") << "not an escape";
}

/// Results are found by this text: two names must not become one.
TEST(Utf8, NoTwoTextsBecomeTheSame) {
  const std::string parts[] = {"\xFF", "\\", "x", "F", "\\xFF", "\\x5C", "5C"};
  std::set<std::string> texts, escaped;
  for (const std::string& a : parts) {
    for (const std::string& b : parts) {
      for (const std::string& c : parts) {
        for (const std::string& d : parts) texts.insert(a + b + c + d);
      }
    }
  }
  for (const std::string& text : texts) escaped.insert(to_utf8(text));
  EXPECT_EQ(escaped.size(), texts.size());
  EXPECT_GT(texts.size(), 1000U);
}

}  // namespace
}  // namespace cxr
