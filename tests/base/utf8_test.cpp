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

TEST(Utf8, WidthsAreThoseOfATerminal) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("Länge…"), 6U);
  EXPECT_EQ(display_width("胸部X線.png"), 11U);
  EXPECT_EQ(display_width("가슴"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U) << "a letter and its accent";
  EXPECT_EQ(display_width("\xE4\x1B"), 2U) << "what cannot be shown is replaced by one letter";
}

TEST(Utf8, EndsFitTheirColumns) {
  EXPECT_EQ(end_of_width("abcdef", 4), "cdef");
  EXPECT_EQ(end_of_width("abc", 4), "abc");
  EXPECT_EQ(end_of_width("胸部写真", 5), "写真") << "half a letter cannot be shown";
  EXPECT_EQ(end_of_width("abe\u0301f", 1), "f");
  EXPECT_EQ(end_of_width("e\u0301f", 1), "f") << "an accent does not stay without its letter";
  EXPECT_EQ(end_of_width("abc", 0), "");
}

}  // namespace
}  // namespace cxr
