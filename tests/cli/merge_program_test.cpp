#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <opencv2/imgcodecs.hpp>

#include "cxr/shard.h"
#include "support/output_program.h"

namespace cxr::test {
namespace {

class MergeProgram : public OutputProgram {
 protected:
  fs::path shard(int index) const { return folder_ / ("shard_" + std::to_string(index)); }

  /// Runs cxr-infer for one shard of `count`.
  Outcome write_shard(int index, int count, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"--config",
                                       config_,
                                       "--xraypath",
                                       images_,
                                       "-r",
                                       "--shard",
                                       std::to_string(index) + "/" + std::to_string(count),
                                       "--output",
                                       shard(index)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return infer(arguments);
  }
  void write_shards(int count, const std::vector<std::string>& more = {}) const {
    for (int index = 1; index <= count; ++index) {
      const Outcome outcome = write_shard(index, count, more);
      ASSERT_TRUE(outcome.status == 0 || outcome.status == 4) << outcome.err;
    }
  }

  /// Runs cxr-merge of shards 1 to `count`, the last one first.
  Outcome merge_shards(int count, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command{std::string(CXR_PROGRAMS) + "/cxr-merge", "--output", merged_};
    for (int index = count; index >= 1; --index) command.push_back(shard(index));
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  }

  /// A journal without what differs from run to run.
  static std::vector<json> journal(const fs::path& folder) {
    std::vector<json> records;
    for (const std::string& line : whole_lines(folder / "results.jsonl")) {
      records.push_back(json::parse(line));
      records.back().erase("milliseconds");
    }
    return records;
  }
  static std::vector<Row> table(const fs::path& folder) {
    return without_time(rows_of(read_file(folder / "results.csv")));
  }
  static json run_in(const fs::path& folder) { return json::parse(read_file(folder / "run.json")); }
  static std::map<std::string, std::string> pictures_in(const fs::path& folder) {
    std::map<std::string, std::string> pictures;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".png") continue;
      pictures[fs::relative(entry.path(), folder)] = read_file(entry.path());
    }
    return pictures;
  }
  /// Changes the lines of a shard's journal.
  template <typename Change>
  void edit(int index, const Change& change) const {
    std::vector<std::string> lines = whole_lines(shard(index) / "results.jsonl");
    change(lines);
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    write_file(shard(index) / "results.jsonl", text);
  }

  const fs::path merged_ = folder_ / "merged";
};

// Films of the same stem, in folders, broken, and nothing like a film.
TEST_F(MergeProgram, WritesWhatASingleRunWrites) {
  fs::create_directory(images_ / "ward");
  for (const char* name : {"a.png", "a.jpg", "b.png", "ward/a.png", "ward/c.png", "z.png"}) {
    write_phantom(images_ / name, static_cast<unsigned>(name[0]));
  }
  write_file(images_ / "broken.png", "text");
  write_file(images_ / "blank.png", encode(cv::Mat::zeros(200, 200, CV_8U), ".png"));
  write_shards(3, {"--save", "overlay,mask"});
  ASSERT_EQ(write_output({"--save", "overlay,mask"}).status, 4);

  const Outcome outcome = merge_shards(3);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "8 of 8 images, 0 skipped, 1 unsure, 1 failed")) << outcome.err;
  EXPECT_EQ(table(merged_), table(output_));
  EXPECT_EQ(journal(merged_), journal(output_));
  EXPECT_EQ(pictures_in(merged_), pictures_in(output_));
  EXPECT_EQ(pictures_in(merged_).size(), 14U);
  EXPECT_EQ(names_in(merged_), names_in(output_));
  EXPECT_EQ(fs::hard_link_count(merged_ / "masks" / "b.png"), 2U);

  const json run = run_in(merged_), single = run_in(output_);
  for (const char* key : {"program", "version", "settings", "state", "images", "skipped", "unsure",
                          "failed", "configuration", "directory"}) {
    EXPECT_EQ(run.at(key), single.at(key)) << key;
  }
  EXPECT_EQ(run.at("merged").at("shards"), 3);
  ASSERT_EQ(run.at("merged").at("parts").size(), 3U);
  EXPECT_EQ(run.at("merged").at("parts").at(1).at("index"), 2);
  EXPECT_FALSE(run.at("merged").at("parts").at(1).at("host").get<std::string>().empty());
  EXPECT_TRUE(contains(read_file(merged_ / "report.html"), "ward/c.png"));
  EXPECT_EQ(whole_lines(merged_ / "report-images.jsonl").size(),
            whole_lines(output_ / "report-images.jsonl").size());
}

TEST_F(MergeProgram, CanBeResumedAsASingleRun) {
  write_images(4);
  write_shards(2);
  ASSERT_EQ(merge_shards(2).status, 0);
  const Outcome outcome = infer({"--config", config_, "-r", images_, "--resume", "-o", merged_});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "Nothing left to do: 4 images")) << outcome.err;
}

TEST_F(MergeProgram, NamesMissingAndUnfinishedShards) {
  write_images(12);
  write_shards(4);
  const std::vector<Row> all = [&] {
    EXPECT_EQ(merge_shards(4).status, 0);
    return table(merged_);
  }();
  fs::remove_all(merged_);
  fs::remove_all(shard(4));
  json run = run_in(shard(2));
  run["state"] = "running";
  write_file(shard(2) / "run.json", run.dump());
  // A killed run that had been resumed: its rows are out of order, and the last one breaks off.
  edit(2, [](auto& lines) {
    ASSERT_GE(lines.size(), 2U);
    std::swap(lines.front(), lines.back());
  });
  std::ofstream(shard(2) / "results.jsonl", std::ios::app) << R"({"place":11,"image")";

  EXPECT_TRUE(stopped(merge_shards(3), 2,
                      {"missing: shard 4 of 4", "unfinished: shard 2 of 4", "--partial"}));
  EXPECT_FALSE(fs::exists(merged_));
  const Outcome partial = merge_shards(3, {"--partial"});
  ASSERT_EQ(partial.status, 0) << partial.err;
  EXPECT_TRUE(contains(partial.err, "missing: shard 4 of 4")) << partial.err;
  EXPECT_EQ(run_in(merged_).at("state"), "interrupted");
  EXPECT_EQ(run_in(merged_).at("merged").at("missing"), json({4}));
  std::vector<Row> expected = all;
  std::erase_if(expected, [](const Row& row) { return shard_of(row.at("Image"), 4) == 4; });
  EXPECT_EQ(table(merged_), expected);
  EXPECT_LT(expected.size(), all.size());

  // When all are there, the same folder is completed.
  ASSERT_EQ(write_shard(2, 4, {"--resume"}).status, 0);
  ASSERT_EQ(write_shard(4, 4).status, 0);
  const Outcome whole = merge_shards(4);
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_EQ(table(merged_), all);
  EXPECT_EQ(run_in(merged_).at("state"), "finished");
  EXPECT_EQ(run_in(merged_).at("done_before"), run_in(shard(2)).at("done_before"));
  EXPECT_GT(run_in(merged_).at("done_before"), 0) << "in a run whose seconds are not counted";
}

TEST_F(MergeProgram, RefusesShardsThatDoNotBelongTogether) {
  write_images(6);
  write_shards(2);
  const fs::path good = folder_ / "good";
  fs::copy(shard(2), good, fs::copy_options::recursive);
  const auto expect_refused = [&](const std::vector<std::string>& parts) {
    EXPECT_TRUE(stopped(merge_shards(2), 2, parts));
    EXPECT_FALSE(fs::exists(merged_));
    fs::remove_all(shard(2));
  };
  const auto write_other = [&](int count, const std::vector<std::string>& more) {
    fs::remove_all(shard(2));
    ASSERT_EQ(write_shard(2, count, more).status, 0);
  };

  write_other(2, {"--set", "heatmap.cmap=gray"});
  expect_refused({"shard_1", "configuration.heatmap.cmap differs"});
  write_other(3, {});
  expect_refused({"shard.count differs"});
  const std::string network = read_file(folder_ / "classifier.pt");
  write_moody_network(folder_ / "classifier.pt", Contract::Kind::classifier);
  write_other(2, {});
  expect_refused({"models.classifier"});
  write_file(folder_ / "classifier.pt", network);
  write_phantom(images_ / "more.png");
  write_other(2, {});
  expect_refused({"shard.list"});

  fs::copy(shard(1), shard(2), fs::copy_options::recursive);
  expect_refused({"is shard 1, and so is", "shard_1"});
  fs::create_directory(shard(2));
  expect_refused({"missing: shard 2 of 2", "without run.json"});
  ASSERT_EQ(infer({"--config", config_, images_, "--output", shard(2)}).status, 0);
  expect_refused({"was not written with --shard"});
  fs::copy(good, shard(2), fs::copy_options::recursive);
  json run = run_in(shard(2));
  run["version"] = "0.0.1";
  write_file(shard(2) / "run.json", run.dump());
  expect_refused({"version differs"});
}

TEST_F(MergeProgram, RefusesRowsThatTheShardsDidNotWrite) {
  write_images(8);
  write_shards(2);
  const std::vector<std::string> lines = whole_lines(shard(1) / "results.jsonl");
  ASSERT_GE(lines.size(), 3U);
  const auto expect_refused = [&](const std::vector<std::string>& now, const std::string& why) {
    edit(1, [&](auto& old) { old = now; });
    EXPECT_TRUE(stopped(merge_shards(2), 2, {why})) << why;
    EXPECT_FALSE(fs::exists(merged_ / "results.csv")) << why;
  };
  const auto replaced = [](std::string line, const std::string& from, const std::string& to) {
    return line.replace(line.find(from), from.size(), to);
  };
  // The same row twice is met once.
  edit(1, [](auto& all) { all.insert(all.begin(), all.front()); });
  EXPECT_EQ(merge_shards(2).status, 0);
  EXPECT_EQ(table(merged_).size(), 8U);
  fs::remove_all(merged_);

  std::vector<std::string> edited = lines;
  edited.insert(edited.begin(), replaced(lines[0], R"("quality":)", R"("quality":1)"));
  expect_refused(edited, "has another result for place");
  edited = lines;
  edited.pop_back();
  expect_refused(edited, "no result of 1 image of the list");
  edited = lines;
  std::swap(edited[0], edited[1]);
  expect_refused(edited, "is not in the order of the list");
  edited = whole_lines(shard(2) / "results.jsonl");
  expect_refused(edited, "is of another shard");
  edited = lines;
  edited[0] = replaced(lines[0], R"({"place":)", R"({"plaice":)");
  expect_refused(edited, "without a place");
  edited = lines;
  edited.back() = replaced(edited.back(), R"("image":")", R"("imago":")");
  expect_refused(edited, "is not a result");
}

TEST_F(MergeProgram, LeavesOtherResultsAlone) {
  write_images(3);
  write_shards(2);
  ASSERT_EQ(write_output().status, 0);
  const std::string before = read_file(output_ / "results.jsonl");
  const Outcome outcome =
      run_program({std::string(CXR_PROGRAMS) + "/cxr-merge", "-o", output_, shard(1), shard(2)});
  EXPECT_TRUE(stopped(outcome, 2, {"not those of a merge of this list"}));
  EXPECT_EQ(read_file(output_ / "results.jsonl"), before);
}

TEST_F(MergeProgram, WorksWithoutThePicturesAndNeverLeavesTheFolder) {
  write_images(4);
  write_shards(2);
  fs::remove_all(shard(1) / "heatmaps");
  write_file(folder_ / "secret.png", "secret");
  edit(2, [](auto& lines) {
    const std::string old = R"("heatmaps":"heatmaps/)";
    lines[0].replace(lines[0].find(old), old.size(), R"("heatmaps":"../)");
  });
  const Outcome outcome = merge_shards(2);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "not found in the shards")) << outcome.err;
  EXPECT_EQ(table(merged_).size(), 4U);
  EXPECT_EQ(names_in(folder_.path()).count("film_100.png"), 0U);
}

// TEST_LARGE_MERGE=1: a thousand shards, a million rows.
TEST_F(MergeProgram, TakesLittleMemoryForManyShards) {
  const std::size_t shards = std::getenv("TEST_LARGE_MERGE") != nullptr ? 1000 : 100;
  const std::size_t images = shards * shards;
  write_images(1);
  ASSERT_EQ(write_shard(1, 1, {"--no-heatmaps"}).status, 0);
  json run = run_in(shard(1));
  run["settings"]["shard"]["count"] = shards;
  run["settings"]["shard"]["list"]["images"] = images;
  json row = json::parse(whole_lines(shard(1) / "results.jsonl").front());
  row.erase("place");
  row.erase("thumbnail");

  const auto name_of = [](std::size_t place) { return "film_" + std::to_string(place) + ".png"; };
  std::vector<std::vector<std::size_t>> places(shards);
  for (std::size_t i = 0; i < images; ++i) places[shard_of(name_of(i), shards) - 1].push_back(i);
  std::vector<std::string> command{std::string(CXR_PROGRAMS) + "/cxr-merge", "-o", merged_};
  for (std::size_t i = 0; i < shards; ++i) {
    const fs::path folder = folder_ / ("many_" + std::to_string(i));
    fs::create_directory(folder);
    run["settings"]["shard"]["index"] = i + 1;
    write_file(folder / "run.json", run.dump());
    std::ofstream journal(folder / "results.jsonl");
    for (const std::size_t place : places[i]) {
      row["image"] = name_of(place);
      journal << R"({"place":)" << place << "," << row.dump().substr(1) << "\n";
    }
    command.push_back(folder);
  }
  const auto begin = std::chrono::steady_clock::now();
  RunOptions options;
  options.time_limit = 600;
  const Outcome outcome = run_program(command, options);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::cout << images << " rows: " << time.count() << " s, " << outcome.peak_bytes / kMebibyte
            << " MiB\n";
#ifndef __SANITIZE_ADDRESS__  // which needs memory of its own
  EXPECT_LT(outcome.peak_bytes, 400 * kMebibyte);
#endif
  std::ifstream table(merged_ / "results.csv");
  std::string line;
  std::getline(table, line);
  for (std::size_t i = 0; i < images; ++i) {
    ASSERT_TRUE(std::getline(table, line));
    ASSERT_TRUE(line.starts_with(name_of(i) + ",")) << i << ": " << line;
  }
  EXPECT_FALSE(std::getline(table, line));
}

}  // namespace
}  // namespace cxr::test
