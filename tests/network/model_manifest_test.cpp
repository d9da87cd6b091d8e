#include "network/model_manifest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using nlohmann::json;

/// A model file of three bytes, `abc`, and what the manifest.json beside it says of it.
class ModelManifestTest : public testing::Test {
 protected:
  ModelManifestTest() { std::ofstream(model_) << "abc"; }

  static json entry(const json& bytes = 3, const json& digest = kDigest) {
    return {{"sha256", digest}, {"bytes", bytes}};
  }

  /// What is said against the model beside a manifest.json; empty where nothing is.
  std::string error_of_text(const std::string& manifest) const {
    std::ofstream(list_) << manifest;
    try {
      read_model(model_);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
  std::string error_of(const json& manifest) const { return error_of_text(manifest.dump()); }

  static constexpr const char* kDigest =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  test::TempDir folder_;
  std::filesystem::path model_ = folder_ / "net.pt";
  std::filesystem::path list_ = folder_ / "manifest.json";
};

TEST_F(ModelManifestTest, AFileIsTakenAsItIsWhereNothingIsSaidOfIt) {
  EXPECT_NO_THROW(read_model(model_)) << "no manifest.json";
  EXPECT_EQ(error_of(json::object()), "");
  EXPECT_EQ(error_of({{"other.pt", entry(7)}, {"name", "something else"}}), "");
}

TEST_F(ModelManifestTest, AFileThatIsNotListedIsRefusedWhereOnlyListedOnesAreAllowed) {
  EXPECT_EQ(error_of({{"only_listed", true}, {"other.pt", entry(7)}}),
            "model: " + model_.string() + ": is not listed in " + list_.string() +
                ", which allows only listed models");
  EXPECT_EQ(error_of({{"only_listed", true}, {"net.pt", entry()}}), "");
  EXPECT_EQ(error_of({{"only_listed", false}}), "");
}

TEST_F(ModelManifestTest, AModelIsReadWithItsHash) {
  const ModelFile model = read_model(model_);
  EXPECT_EQ(model.bytes, "abc");
  EXPECT_EQ(model.sha256, kDigest);
}

TEST_F(ModelManifestTest, AFileThatIsWhatItShouldBePasses) {
  EXPECT_EQ(error_of({{"other.pt", entry(7)}, {"net.pt", entry()}}), "");
}

TEST_F(ModelManifestTest, AnotherSizeOrDigestIsAnErrorThatSaysWhatToDo) {
  const std::string head = "model: " + model_.string() + ": is damaged or incomplete: ";
  const std::string tail = "; get it again (git checkout -- " + model_.string() +
                           "), or, if you replaced it on purpose, remove its entry from " +
                           list_.string();
  EXPECT_EQ(error_of({{"net.pt", entry(4)}}), head + "it has 3 bytes instead of 4" + tail);
  std::ofstream(model_) << "abd";
  EXPECT_EQ(error_of({{"net.pt", entry()}}),
            head + "its SHA-256 is not that in manifest.json" + tail);
}

TEST_F(ModelManifestTest, AManifestThatIsNoneIsAnErrorThatNamesIt) {
  const std::string where = "model: " + list_.string() + ": ";
  EXPECT_EQ(error_of_text(""), where + "is not valid JSON");
  EXPECT_EQ(error_of_text(R"({"net.pt": )"), where + "is not valid JSON");
  EXPECT_EQ(error_of(json::array()), where + "must be a JSON object");
  EXPECT_EQ(error_of({{"net.pt", "abc"}}), where + "net.pt: must be an object");
  EXPECT_EQ(error_of({{"net.pt", {{"bytes", 3}}}}), where + "net.pt.sha256: is missing");
  EXPECT_EQ(error_of({{"net.pt", {{"sha256", kDigest}}}}), where + "net.pt.bytes: is missing");
  EXPECT_EQ(error_of({{"net.pt", entry(3, 5)}}), where + "net.pt.sha256: must be a string");
  for (const std::string digest : {"", "abc",
                                   "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410F"
                                   "F61F20015AD"}) {
    EXPECT_EQ(error_of({{"net.pt", entry(3, digest)}}),
              where + "net.pt.sha256: must be 64 hexadecimal digits, in lower case");
  }
  for (const json& bytes : {json(-3), json(3.0), json("3"), json()}) {
    EXPECT_EQ(error_of({{"net.pt", entry(bytes)}}),
              where + "net.pt.bytes: must be the size of the file");
  }
}

}  // namespace
}  // namespace cxr
