#include "base/sha256.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

// The examples of FIPS 180-4, and a million letters: more than is read at a time.
TEST(Sha256, IsThatOfTheStandardsExamples) {
  const test::TempDir folder;
  const auto of = [&](const std::string& bytes) {
    std::ofstream(folder / "file", std::ios::binary) << bytes;
    return sha256(folder / "file");
  };
  EXPECT_EQ(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, WhatCannotBeReadIsAnErrorThatNamesIt) {
  const test::TempDir folder;
  for (const auto& file : {folder / "missing", folder.path()}) {
    try {
      sha256(file);
      ADD_FAILURE() << file;
    } catch (const Error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("read: " + file.string() + ": "));
    }
  }
}

}  // namespace
}  // namespace cxr
