#include <gtest/gtest.h>

#include "cxr/error.h"
#include "dataset/support.h"
#include "read/manifest.h"
#include "read/regions.h"
#include "support/look.h"
#include "support/phantom.h"
#include "support/tiny_networks.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;

class RegionsSetTest : public testing::Test {
 protected:
  RegionsSetTest() {
    for (const char* name : {"train/a.png", "train/b.png", "train/c.png", "test/d.png"}) {
      draw(std::string("covidx/") + name);
    }
    sources_.write("covidx/train.txt",
                   "p1 a.png normal rsna\np2 b.png COVID-19 cohen\np3 c.png normal\n\n"
                   "p4 lost.png pneumonia rsna\nodd\n");
    sources_.write("covidx/test.txt", "p5 d.png pneumonia rsna\n");
  }

  void draw(const std::string& name) {
    PhantomOptions options;
    options.size = {160, 180};
    options.seed = next_seed_++;
    fs::create_directories((sources_ / name).parent_path());
    cv::imwrite((sources_ / name).string(), make_phantom(options).image);
  }
  DatasetSummary make(const std::string& data) {
    return make_regions_set(configuration_, sources_ / data, options_, no_progress);
  }

  Sources sources_;
  fs::path out_ = sources_ / "out";
  DatasetOptions options_ = sources_.options();
  Configuration configuration_ = load_configuration(write_tiny_setup(sources_ / "."));
  unsigned next_seed_ = 0;
};

TEST_F(RegionsSetTest, CovidxSetBecomesFoldersOfClassesWithBoxes) {
  const auto summary = make("covidx");
  EXPECT_EQ(summary.images, 4U);
  EXPECT_EQ(reasons_of(summary),
            (std::multiset<std::string>{"rsna: no such image", "list: damaged row"}));
  const auto regions = read_regions(out_ / "regions.csv");
  ASSERT_EQ(regions.size(), 4U);
  for (const Region& region : regions) {
    EXPECT_TRUE(fs::exists(out_ / region.file)) << region.file;
    EXPECT_TRUE(fs::exists(out_ / "segmentation" / region.file)) << region.file;
    EXPECT_FALSE(region.box.empty());
    EXPECT_GT(region.confidence, 0.5);
  }
  EXPECT_EQ(regions[0].file, "train/Normal/a.png");
  EXPECT_EQ(regions[3].file, "test/Pneumonia/d.png");
  EXPECT_EQ(regions[3].label, "Pneumonia");
  EXPECT_TRUE(contains(summary.table, "confidence not above 0.875: ")) << summary.table;
}

TEST_F(RegionsSetTest, FoldersOfClassesAreReadAndTheManifestServesTheTraining) {
  for (const char* name : {"films/Normal/a.png", "films/Normal/b.png", "films/COVID-19/a.png",
                           "films/COVID-19/b.png"}) {
    draw(name);
  }
  EXPECT_EQ(make("films").images, 4U);
  std::multiset<std::string> splits;
  for (const auto& row : read_manifests({out_ / "manifest.csv"}, Purpose::classification)) {
    splits.insert(row.split);
  }
  EXPECT_EQ(splits, (std::multiset<std::string>{"train", "train", "val", "val"}));
}

TEST_F(RegionsSetTest, DamagedImageIsListedAndTheOthersAreMade) {
  sources_.write("covidx/train/b.png", "not an image");
  const auto summary = make("covidx");
  EXPECT_EQ(summary.images, 3U);
  EXPECT_TRUE(reasons_of(summary).contains("cohen: cannot be read"));
}

TEST_F(RegionsSetTest, FolderWithoutImagesIsRefused) {
  fs::create_directories(sources_ / "empty");
  EXPECT_THROW(make("empty"), UsageError);
}

TEST(RegionsTest, TableOfTheOriginalIsRead) {
  const Sources sources;
  sources.write("regions.csv",
                "file,x,y,width,height,confidence,class\n"
                "/data/train/Normal/a.png,12,34,500,600,0.9712345,Normal\n"
                "/data/train/Normal/b.png,1024,1024,-1024,-1024,0.0,Normal\n");  // no lungs
  const auto regions = read_regions(sources / "regions.csv");
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_EQ(regions[0].box, cv::Rect(12, 34, 500, 600));
  EXPECT_DOUBLE_EQ(regions[0].confidence, 0.9712345);
  EXPECT_TRUE(regions[1].box.empty());
  sources.write("bad.csv", "file,x,y,width,height,confidence\na.png,1,2,x,4,0.5\n");
  EXPECT_THROW(read_regions(sources / "bad.csv"), Error);
}

}  // namespace
}  // namespace cxr::test
