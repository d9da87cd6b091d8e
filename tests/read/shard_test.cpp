#include "cxr/shard.h"

#include <gtest/gtest.h>

namespace cxr {
namespace {

// By Python: int(hashlib.sha256(name.encode()).hexdigest()[:16], 16) % count + 1. Results of other
// versions could not be put together if this changed.
TEST(ShardTest, IsTheHashOfTheName) {
  EXPECT_EQ(shard_of("a.png", 7), 2U);
  EXPECT_EQ(shard_of("ward/a.png", 7), 5U);
  EXPECT_EQ(shard_of("a.png", 1000), 673U);
  EXPECT_EQ(shard_of("ward/a.png", 1000), 812U);
  EXPECT_EQ(shard_of("Ü/x.dcm", 1000), 732U);
  EXPECT_EQ(shard_of("a.png", 1), 1U);
}

TEST(ShardTest, ShardsAreOfLikeSize) {
  std::vector<int> sizes(10);
  for (int i = 0; i < 10000; ++i) ++sizes[shard_of("film_" + std::to_string(i) + ".png", 10) - 1];
  for (const int size : sizes) EXPECT_NEAR(size, 1000, 150);
}

TEST(ShardTest, TheFingerprintIsOfNamesInTheirOrder) {
  const std::vector<Input> list{{"x", "a.png"}, {"y", "ward/a.png"}};
  EXPECT_EQ(fingerprint_of(list),
            "1c1c13f2ca1475bd9ea023c0f5bf67ec9f3ff6817b656df1cafc2a4a6af2dba4");
  EXPECT_NE(fingerprint_of({list[1], list[0]}), fingerprint_of(list));
  EXPECT_NE(fingerprint_of({{"x", "a"}, {"x", "b"}}), fingerprint_of({{"x", "ab"}}));
}

}  // namespace
}  // namespace cxr
