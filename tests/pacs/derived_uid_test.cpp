#include "pacs/derived_uid.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace cxr {
namespace {

// The value is Python's: int(uuid.UUID(hashlib.sha256(b'a film').hexdigest()[:32])) with version
// and variant set.
TEST(DerivedUid, IsTheDecimalOfAUuid) {
  EXPECT_EQ(derived_uid("a film"), "2.25.312770494808791255431750146776372750362");
}

TEST(DerivedUid, IsAUidAndDiffersWithItsText) {
  std::set<std::string> uids;
  for (int i = 0; i < 1000; ++i) {
    const std::string uid = derived_uid(std::to_string(i));
    EXPECT_TRUE(std::regex_match(uid, std::regex(R"(2\.25\.[1-9]\d{0,38})"))) << uid;
    uids.insert(uid);
  }
  EXPECT_EQ(uids.size(), 1000);
}

}  // namespace
}  // namespace cxr
