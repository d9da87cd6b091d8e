#include "cxr/manifest.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() {
    for (const char* name : {"a b.png", "c,d.png", "m.png"}) std::ofstream(folder_ / name) << "x";
  }
  std::vector<ManifestRow> read(const std::string& text, Purpose purpose) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_manifest(file_, purpose);
  }
  std::string error_of(const std::string& text, Purpose purpose) {
    try {
      read(text, purpose);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  test::TempDir folder_;
  std::filesystem::path file_ = folder_ / "manifest.csv";
  std::string where_ = "manifest: " + file_.string() + ": ";
};

TEST_F(ManifestTest, ClassificationRowsAreReadInOrderWithPathsBesideTheManifest) {
  const auto rows = read(
      "patient,image,label,split,source,age\n"
      "p1,a b.png,Normal,train,rsna,50\n"
      ",\"c,d.png\",COVID-19,test,,\n",
      Purpose::classification);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].image, folder_ / "a b.png");
  EXPECT_EQ(rows[0].mask, "");
  EXPECT_EQ(rows[0].label, "Normal");
  EXPECT_EQ(rows[0].split, "train");
  EXPECT_EQ(rows[0].source, "rsna");
  EXPECT_EQ(rows[0].patient, "p1");
  EXPECT_EQ(rows[0].line, 2U);
  EXPECT_EQ(rows[1].image, folder_ / "c,d.png");
  EXPECT_EQ(rows[1].split, "test");
  EXPECT_EQ(rows[1].patient, "");
}

TEST_F(ManifestTest, SegmentationRowsHaveAMaskAndNeedNoLabel) {
  const auto rows =
      read("image,mask,split\na b.png,m.png,val\n" + (folder_ / "m.png").string() + ",m.png,val\n",
           Purpose::segmentation);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].mask, folder_ / "m.png");
  EXPECT_EQ(rows[0].source, "");
  EXPECT_EQ(rows[1].image, folder_ / "m.png") << "absolute paths stay as they are";
}

TEST_F(ManifestTest, MissingColumnIsNamed) {
  EXPECT_EQ(error_of("image,split\na b.png,train\n", Purpose::segmentation),
            "csv: " + file_.string() + ": has no column 'mask'");
  EXPECT_EQ(error_of("image,mask,split\na b.png,m.png,train\n", Purpose::classification),
            "csv: " + file_.string() + ": has no column 'label'");
}

TEST_F(ManifestTest, AllBadRowsAreToldAtOnce) {
  EXPECT_EQ(
      error_of("image,mask,split\n"
               "a b.png,m.png,train\n"
               "gone.png,m.png,train\n"
               "a b.png,,train\n"
               "a b.png,gone.png,train\n"
               "a b.png,m.png,\n"
               ",m.png,train\n",
               Purpose::segmentation),
      where_ + "5 bad rows: line 3: no such file: " + (folder_ / "gone.png").string() +
          "; line 4: mask is empty; line 5: no such file: " + (folder_ / "gone.png").string() +
          "; line 6: split is empty; line 7: image is empty");
  EXPECT_EQ(error_of("image,label,split\na b.png,,train\n", Purpose::classification),
            where_ + "1 bad row: line 2: label is empty");
}

TEST_F(ManifestTest, OnlyTheFirstTwentyBadRowsAreListed) {
  std::string text = "image,label,split\n";
  for (int i = 0; i < 25; ++i) text += "a b.png,,train\n";
  const std::string error = error_of(text, Purpose::classification);
  EXPECT_NE(error.find("25 bad rows: line 2: "), std::string::npos);
  EXPECT_NE(error.find("line 21: "), std::string::npos);
  EXPECT_EQ(error.find("line 22: "), std::string::npos);
  EXPECT_TRUE(error.ends_with("; and 5 more")) << error;
}

TEST_F(ManifestTest, ManifestWithoutRowsIsAnError) {
  EXPECT_EQ(error_of("image,label,split\n", Purpose::classification), where_ + "has no rows");
}

}  // namespace
}  // namespace cxr
