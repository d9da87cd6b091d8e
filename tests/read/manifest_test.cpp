#include "read/manifest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "base/csv.h"
#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() {
    for (const char* name : {"a b.png", "c,d.png", "m.png"}) write_image(name, {40, 50});
  }
  void write_image(const std::string& name, cv::Size size) {
    cv::imwrite((folder_ / name).string(), cv::Mat(size, CV_8UC1, cv::Scalar(90)));
  }
  std::vector<ManifestRow> read(const std::string& text, Purpose purpose) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_manifests({file_}, purpose);
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
  fs::path file_ = folder_ / "manifest.csv";
  std::string where_ = "manifest: " + file_.string() + ": ";
};

TEST_F(ManifestTest, ClassificationRowsAreReadInOrderWithPathsBesideTheManifest) {
  const auto rows = read(
      "patient,image,label,split,source,age\n"
      "p1,a b.png,Normal,train,rsna,50\n"
      ",\"c,d.png\",Normal,test,,\n",
      Purpose::classification);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].image, folder_ / "a b.png");
  EXPECT_EQ(rows[0].mask, "");
  EXPECT_EQ(rows[0].label, "Normal");
  EXPECT_EQ(rows[0].split, "train");
  EXPECT_EQ(rows[0].source, "rsna");
  EXPECT_EQ(rows[0].patient, "p1");
  EXPECT_EQ(rows[0].manifest, file_);
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

TEST_F(ManifestTest, AMaskMayBeNone) {
  const auto rows = read("image,mask,split\na b.png,none,val\n", Purpose::segmentation);
  EXPECT_EQ(rows[0].mask, "");
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

TEST_F(ManifestTest, PicturesThatCannotBeReadAndMasksOfAnotherSizeAreBadRows) {
  write_image("large.png", {40, 51});
  fs::copy_file(folder_ / "a b.png", folder_ / "cut.png");
  fs::resize_file(folder_ / "cut.png", fs::file_size(folder_ / "cut.png") - 20);
  std::ofstream(folder_ / "text.png") << "no picture";
  std::ofstream(folder_ / "empty.png") << "";
  const std::string in = folder_.path().string() + "/";
  EXPECT_EQ(error_of("image,mask,split\n"
                     "a b.png,m.png,train\n"
                     "a b.png,large.png,train\n"
                     "cut.png,m.png,train\n"
                     "a b.png,text.png,train\n"
                     "empty.png,m.png,val\n",
                     Purpose::segmentation),
            where_ + "4 bad rows: line 3: mask " + in +
                "large.png is 40 x 51 pixels, its image 40 x 50; line 4: read: " + in +
                "cut.png: is damaged or incomplete; copy it again; line 5: read: " + in +
                "text.png: is not a DICOM, PNG, JPEG, TIFF, BMP or WebP image; line 6: read: " +
                in + "empty.png: is empty");
  EXPECT_EQ(
      error_of("image,label,split\na b.png,A,train\ncut.png,A,train\n", Purpose::classification),
      where_ + "1 bad row: line 3: read: " + in +
          "cut.png: is damaged or incomplete; copy it again");
}

TEST_F(ManifestTest, RowsOfOtherSplitsAreNotLookedInto) {
  write_image("large.png", {40, 51});
  EXPECT_EQ(error_of("image,mask,split,patient\n"
                     "a b.png,m.png,train,p1\n"
                     "a b.png,large.png,test,p1\n",
                     Purpose::segmentation),
            "");
}

TEST_F(ManifestTest, LabelsThatTrainDoesNotHaveAreBadRows) {
  EXPECT_EQ(error_of("image,label,split\n"
                     "m.png,Pneumonia,train\n"
                     "m.png,Normal,train\n"
                     "a b.png,Nromal,val\n"
                     "a b.png,Normal,val\n"
                     "a b.png,normal,test\n",
                     Purpose::classification),
            where_ +
                "2 bad rows: line 4: label 'Nromal' does not occur in train, which has Normal, "
                "Pneumonia; "
                "line 6: label 'normal' does not occur in train, which has Normal, Pneumonia");
  EXPECT_EQ(error_of("image,label,split\na b.png,Normal,test\n", Purpose::classification), "")
      << "without rows of train, nothing is known of labels";
}

TEST_F(ManifestTest, ImagesAndPatientsOfBothSplitsAreBadRows) {
  fs::create_symlink(folder_ / "m.png", folder_ / "link.png");
  EXPECT_EQ(error_of("image,label,split,patient\n"
                     "./m.png,A,train,\n"
                     "a b.png,A,train,p2\n"
                     "link.png,A,val,p3\n"
                     "\"c,d.png\",A,val,p2\n"
                     "\"c,d.png\",A,val,\n"
                     "\"c,d.png\",A,val,p3\n",
                     Purpose::classification),
            where_ +
                "2 bad rows: line 4: image is in train, too (line 2); "
                "line 5: patient is in train, too (line 3)");
}

TEST_F(ManifestTest, SeveralManifestsAreOneAndTheirBadRowsAreToldTogether) {
  fs::create_directory(folder_ / "more");
  write_image("more/e.png", {40, 50});
  const fs::path other = folder_ / "more" / "other.csv";
  std::ofstream(file_) << "image,label,split,patient\na b.png,A,train,p1\nm.png,A,train,p2\n";
  std::ofstream(other) << "label,image,split\nA,e.png,val\n";
  const auto rows = read_manifests({file_, other}, Purpose::classification);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2].image, folder_ / "more" / "e.png");
  EXPECT_EQ(rows[2].manifest, other);
  EXPECT_EQ(rows[2].line, 2U);

  std::ofstream(other) << "label,image,split,patient\nA,e.png,val,p2\nB,e.png,val,\n"
                          "A,../m.png,val,\nA,gone.png,train,\n";
  try {
    read_manifests({file_, other}, Purpose::classification);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              "manifest: 4 bad rows: " + other.string() + " line 2: patient is in train, too (" +
                  file_.string() + " line 3); " + other.string() +
                  " line 3: label 'B' does not occur in train, which has A; " + other.string() +
                  " line 4: image is in train, too (" + file_.string() + " line 3); " +
                  other.string() +
                  " line 5: no such file: " + (folder_ / "more" / "gone.png").string());
  }
}

TEST_F(ManifestTest, TheRealDataPass) {
  const fs::path data = fs::path(CXR_SOURCE_DIR) / ".." / "shared" / "data";
  if (!fs::exists(data)) GTEST_SKIP() << "the real radiographs are not here";
  const auto expect_all_rows = [&](const char* folder, Purpose purpose) {
    const fs::path file = data / folder / "manifest.csv";
    EXPECT_EQ(read_manifests({file}, purpose).size(), read_csv(file).rows.size());
  };
  expect_all_rows("segmentation", Purpose::segmentation);
  expect_all_rows("classification", Purpose::classification);
}

}  // namespace
}  // namespace cxr
