#include <cstdlib>

#include "cli/shard_option.h"
#include "cxr/error.h"
#include "support/output_program.h"

namespace cxr::test {
namespace {

/// Environment variables for the time of a test.
class ShardOption : public testing::Test {
 protected:
  ~ShardOption() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.insert(name);
  }

  static std::string shard(const std::string& text) {
    try {
      const auto [index, count] = parse_shard(text);
      return std::to_string(index) + "/" + std::to_string(count);
    } catch (const UsageError& error) {
      return error.what();
    }
  }

 private:
  std::set<std::string> set_;
};

TEST_F(ShardOption, IsAPartOfSeveral) {
  EXPECT_EQ(shard("1/1"), "1/1");
  EXPECT_EQ(shard("3/1000"), "3/1000");
  for (const char* wrong : {"", "3", "/", "3/", "/3", "a/3", "3/b", "1/2/3", "-1/3", "1 /3"}) {
    EXPECT_TRUE(contains(shard(wrong), "is not I/N, auto or auto/N")) << wrong;
  }
  for (const char* none : {"0/3", "4/3", "0/0"}) {
    EXPECT_TRUE(contains(shard(none), "there is no shard")) << none;
  }
}

TEST_F(ShardOption, AutoIsThePositionInASlurmArray) {
  EXPECT_TRUE(contains(shard("auto"), "SLURM_ARRAY_TASK_ID is not set"));
  EXPECT_TRUE(contains(shard("auto/5"), "nor JOB_COMPLETION_INDEX is set"));
  set("SLURM_ARRAY_TASK_ID", "14");
  set("SLURM_ARRAY_TASK_COUNT", "5");
  set("SLURM_ARRAY_TASK_MIN", "10");
  set("SLURM_ARRAY_TASK_STEP", "2");
  EXPECT_EQ(shard("auto"), "3/5");
  EXPECT_EQ(shard("auto/20"), "14/20") << "the task's own number";
  set("SLURM_ARRAY_TASK_ID", "15");  // --array=10,12,15,16,18
  EXPECT_TRUE(contains(shard("auto"), "use auto/N"));
  set("SLURM_ARRAY_TASK_ID", "20");
  EXPECT_TRUE(contains(shard("auto"), "task 20 is not in an array of 5 from 10 in steps of 2"));
  set("SLURM_ARRAY_TASK_ID", "x");
  EXPECT_TRUE(contains(shard("auto"), "SLURM_ARRAY_TASK_ID is 'x', not a number"));
}

TEST_F(ShardOption, AutoWithACountTakesTheIndexOfAPod) {
  set("JOB_COMPLETION_INDEX", "0");
  EXPECT_EQ(shard("auto/3"), "1/3");
  EXPECT_TRUE(contains(shard("auto"), "auto/N"));
  set("JOB_COMPLETION_INDEX", "3");
  EXPECT_TRUE(contains(shard("auto/3"), "there is no shard 4 of 3"));
}

class ShardProgram : public OutputProgram {
 protected:
  static std::vector<std::string> names_of(const Outcome& outcome) {
    return column(rows_of(outcome.out), "Image");
  }
};

TEST_F(ShardProgram, HasTheSameFilmsWhateverTheOrderAndTheWayTheyAreNamed) {
  fs::create_directory(images_ / "ward");
  for (int i = 0; i < 12; ++i) {
    write_phantom(images_ / (i < 6 ? "" : "ward") / ("film_" + std::to_string(i) + ".png"));
  }
  std::string backwards;
  for (const auto& entry : fs::recursive_directory_iterator(images_)) {
    if (entry.is_regular_file()) backwards = entry.path().string() + "\n" + backwards;
  }
  write_file(folder_ / "list.txt", backwards);

  std::vector<std::string> all;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const auto in_folder = names_of(infer(
        {"--config", config_, "--xraypath", images_, "-r", "--root", images_, "--shard", shard}));
    auto in_list = names_of(infer({"--config", config_, "--list", folder_ / "list.txt", "--root",
                                   images_, "--shard", shard}));
    EXPECT_FALSE(in_folder.empty());
    std::ranges::sort(in_list);
    EXPECT_EQ(in_list, in_folder) << shard;
    all.insert(all.end(), in_folder.begin(), in_folder.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(all, names_of(infer({"--config", config_, "-r", images_})));
}

TEST_F(ShardProgram, RecordsItsListAndThePlacesInIt) {
  write_images(6);
  ASSERT_EQ(write_output({"--shard", "2/2"}).status, 0);
  const json shard = run().at("settings").at("shard");
  EXPECT_EQ(shard.at("index"), 2);
  EXPECT_EQ(shard.at("count"), 2);
  EXPECT_EQ(shard.at("list").at("images"), 6);
  EXPECT_EQ(shard.at("list").at("sha256").get<std::string>().size(), 64U);
  EXPECT_FALSE(run().at("host").get<std::string>().empty());
  std::size_t rows = 0;
  for (const json& record : records()) {
    const auto place = record.at("place").get<int>();
    EXPECT_EQ(record.at("image"), "film_" + std::to_string(100 + place) + ".png");
    ++rows;
  }
  EXPECT_EQ(run().at("images"), rows);
  EXPECT_LT(rows, 6U);
  EXPECT_GT(rows, 0U);
}

TEST_F(ShardProgram, WithoutFilmsIsFinished) {
  write_images(1);  // film_100.png
  const std::size_t other = shard_of("film_100.png", 2) == 1 ? 2 : 1;
  const std::string shard = std::to_string(other) + "/2";
  const Outcome outcome = write_output({"--shard", shard});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(run().at("state"), "finished");
  EXPECT_EQ(run().at("images"), 0);
  EXPECT_TRUE(records().empty());

  fs::remove(images_ / "film_100.png");
  fs::remove_all(output_);
  EXPECT_EQ(write_output({"--shard", shard}).status, 3) << "the whole list is empty";
}

TEST_F(ShardProgram, IsNotResumedAsAnotherOne) {
  write_images(4);
  ASSERT_EQ(write_output({"--shard", "1/2"}).status, 0);
  EXPECT_TRUE(
      stopped(write_output({"--shard", "2/2", "--resume"}), 2, {"settings", "shard.index"}));
  EXPECT_TRUE(stopped(write_output({"--resume"}), 2, {"settings", "shard"}));
  EXPECT_EQ(write_output({"--shard", "1/2", "--resume"}).status, 0);
  write_phantom(images_ / "new.png");  // the places in the list are others now
  EXPECT_TRUE(stopped(write_output({"--shard", "1/2", "--resume"}), 2, {"settings", "shard.list"}));
}

// film.png and film.jpg are in different shards of 2, and would both give film.png.
TEST_F(ShardProgram, PicturesHaveTheNamesOfTheSingleRun) {
  ASSERT_NE(shard_of("film.png", 2), shard_of("film.jpg", 2));
  write_phantom(images_ / "film.png");
  write_phantom(images_ / "film.jpg");
  std::set<std::string> pictures;
  for (const char* shard : {"1/2", "2/2"}) {
    ASSERT_EQ(write_output({"--shard", shard}).status, 0);
    pictures.merge(names_in(output_ / "heatmaps"));
    fs::remove_all(output_);
  }
  EXPECT_EQ(pictures, (std::set<std::string>{"film.jpg.png", "film.png.png"}));
}

// A look at each of ten million files from each of a thousand processes is a load.
TEST_F(ShardProgram, TakesAListedNameOfAnImageForAFile) {
  fs::create_directory(images_ / "study.dcm");
  write_phantom(images_ / "study.dcm" / "film.png");
  write_file(folder_ / "list.txt", (images_ / "study.dcm").string() + "\n");
  const Outcome listed =
      infer({"--config", config_, "--list", folder_ / "list.txt", "--shard", "1/1"});
  EXPECT_EQ(listed.status, 4);
  EXPECT_TRUE(contains(listed.out, "is a folder")) << listed.out;
  EXPECT_EQ(infer({"--config", config_, images_ / "study.dcm", "--shard", "1/1"}).status, 0);
}

}  // namespace
}  // namespace cxr::test
