#include "train/region_lungs.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cxr/error.h"
#include "support/temp_dir.h"
#include "train/training_loop.h"

namespace cxr {
namespace {

class RegionLungsTest : public testing::Test {
 protected:
  RegionLungsTest() {
    std::ofstream(file_) << "file,x,y,width,height,confidence,class\n"
                            "/data/set/train/Normal/a.png,10,20,100,50,0.95,Normal\n"
                            "/data/set/train/COVID-19/a.png,1,2,3,4,0.5,COVID-19\n"
                            "/data/set/test/Normal/b.png,200,200,-200,-200,0.0,Normal\n"
                            "x/same.png,0,0,10,10,0.9,Normal\n"
                            "y/same.png,0,0,20,20,0.9,Normal\n";
  }

  test::TempDir folder_;
  std::filesystem::path file_ = folder_ / "regions.csv";
};

// The table of another machine: its folders are not those of the images.
TEST_F(RegionLungsTest, RowIsFoundByTheEndOfItsPath) {
  const RegionLungs regions(file_);
  const Lungs lungs = regions.find("/home/me/mine/train/Normal/a.png", {400, 200});
  EXPECT_EQ(lungs.box.box, cv::Rect(10, 20, 100, 50));
  EXPECT_DOUBLE_EQ(lungs.box.quality, 0.95);
  EXPECT_EQ(cv::countNonZero(lungs.mask), 56 * 56);
  EXPECT_EQ(regions.find("train/COVID-19/a.png", {400, 200}).box.box, cv::Rect(1, 2, 3, 4));
}

TEST_F(RegionLungsTest, ImageWithoutLungsIsNotTrusted) {
  const Lungs lungs = RegionLungs(file_).find("b.png", {200, 200});
  EXPECT_TRUE(lungs.box.box.empty());
  EXPECT_FALSE(is_trusted(lungs.box, 0.0));
}

TEST_F(RegionLungsTest, ImageWithoutARowOrWithSeveralIsAnError) {
  const RegionLungs regions(file_);
  EXPECT_THROW(regions.find("c.png", {200, 200}), Error);
  EXPECT_THROW(regions.find("z/same.png", {200, 200}), Error);
}

TEST(PatienceTest, TrainingStallsAfterThatManyEpochsWithoutABetterModel) {
  EXPECT_FALSE(has_stalled(9, 1, 0));
  EXPECT_FALSE(has_stalled(3, 2, 2));
  EXPECT_TRUE(has_stalled(4, 2, 2));
}

}  // namespace
}  // namespace cxr
