#include <gtest/gtest.h>
#include <sys/mount.h>

#include <csignal>

#include "base/sha256.h"
#include "cxr/error.h"
#include "infer/output_folder.h"
#include "support/dicom_file.h"
#include "support/output_program.h"

namespace cxr::test {
namespace {

/// Nothing is lost, doubled or mixed up, whatever happens to a run, its folder or its inputs.
class DurableProgram : public OutputProgram {
 protected:
  std::vector<Row> table() const { return rows_of(read_file(output_ / "results.csv")); }

  void write_ward(const std::string& name, unsigned seed) const {
    fs::create_directories(images_ / name);
    write_phantom(images_ / name / "a.png", seed);
  }
};

// ---- Who is who

TEST_F(DurableProgram, RunsOverPartsOfAListCanBePutTogether) {
  for (const char* name : {"x", "y", "z"}) write_ward(name, static_cast<unsigned>(name[0]));
  const auto rows = [&](const std::vector<std::string>& wards) {
    std::string list;
    for (const std::string& ward : wards) list += (images_ / ward / "a.png").string() + "\n";
    write_file(folder_ / "list.txt", list);
    const Outcome outcome = infer({"--config", config_, "--list", folder_ / "list.txt"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return without_time(rows_of(outcome.out));
  };
  std::vector<Row> parts = rows({"x"});
  for (const Row& row : rows({"y", "z"})) parts.push_back(row);
  EXPECT_EQ(parts, rows({"x", "y", "z"}));
}

/// The result of one film is never taken for that of another with the same name.
TEST_F(DurableProgram, ResumeDoesNotTakeOneFilmForAnother) {
  write_ward("x", 1);
  write_ward("y", 2);
  const auto go = [&](const fs::path& folder) {
    return infer({"--config", config_, folder, "--output", output_, "--if-exists", "resume"});
  };
  EXPECT_EQ(go(images_ / "x").status, 0);
  const std::string before = read_file(output_ / "results.jsonl");
  EXPECT_TRUE(stopped(go(images_ / "y"), 2, {"'a.png'", "x/a.png", "y/a.png", "--root"}));
  EXPECT_EQ(read_file(output_ / "results.jsonl"), before);
  EXPECT_TRUE(contains(go(images_ / "y" / ".." / "x").err, "Nothing left to do"))
      << "the same film";
}

TEST_F(DurableProgram, ResumeDoesNotOverwriteThePictureOfAnotherImage) {
  write_phantom(images_ / "a.jpg", 1);
  EXPECT_EQ(write_output().status, 0);
  const std::string picture = read_file(output_ / "heatmaps" / "a.png");
  fs::rename(images_ / "a.jpg", folder_ / "elsewhere.jpg");
  write_phantom(images_ / "a.png", 2);
  EXPECT_EQ(write_output({"--resume"}).status, 0);
  EXPECT_TRUE(read_file(output_ / "heatmaps" / "a.png") == picture) << "it was overwritten";
  EXPECT_EQ(records().at(1).at("pictures").at("heatmaps"), "heatmaps/a-2.png");
  EXPECT_FALSE(cv::imread(output_ / "heatmaps" / "a-2.png").empty());
}

/// Names of files have 255 bytes at most.
TEST_F(DurableProgram, FilmsWithTheLongestNamesHavePictures) {
  write_phantom(images_ / (std::string(251, 'x') + ".jpg"));
  write_phantom(images_ / (std::string(251, 'x') + ".png"));
  write_phantom(images_ / (std::string(120, '\xFF') + ".png"));
  const Outcome outcome = write_output();
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(names_in(output_ / "heatmaps").size(), 3U);
}

TEST_F(DurableProgram, DicomIdentifiersAreAddedWhereTheyAreAskedFor) {
  const std::vector<std::pair<std::string, std::string>> uids = {
      {"0020,000D", "1.2.3"}, {"0020,000E", "1.2.3.4"}, {"0008,0018", "1.2.3.4.5"}};
  auto lateral = uids;
  lateral.emplace_back("0018,5101", "LL");
  write_dicom(images_ / "a.dcm", {.samples = phantom(), .texts = uids});
  write_dicom(images_ / "b.dcm", {.samples = phantom(), .texts = lateral});
  write_phantom(images_ / "c.png");
  EXPECT_EQ(write_output().status, 0);
  EXPECT_FALSE(contains(read_file(output_ / "results.csv"), "StudyInstanceUID"));
  EXPECT_FALSE(contains(read_file(output_ / "results.jsonl"), "1.2.3"));
  EXPECT_TRUE(stopped(write_output({"--resume", "--dicom-uids"}), 2, {"dicom_uids"}));

  const Outcome outcome = write_output({"--if-exists", "overwrite", "--dicom-uids"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read_file(output_ / "results.csv"), outcome.out);
  const std::vector<Row> rows = table();
  EXPECT_EQ(column(rows, "Status"), (std::vector<std::string>{"ok", "skipped", "ok"}));
  EXPECT_EQ(column(rows, "StudyInstanceUID"), (std::vector<std::string>{"1.2.3", "1.2.3", ""}));
  EXPECT_EQ(column(rows, "SeriesInstanceUID"),
            (std::vector<std::string>{"1.2.3.4", "1.2.3.4", ""}));
  EXPECT_EQ(column(rows, "SOPInstanceUID"),
            (std::vector<std::string>{"1.2.3.4.5", "1.2.3.4.5", ""}));
  EXPECT_EQ(records().at(0).at("dicom_uids").at("instance"), "1.2.3.4.5");
  EXPECT_EQ(write_output({"--resume", "--dicom-uids"}).out, outcome.out);
}

TEST_F(DurableProgram, UnsureIsCountedApartAndComesBackFromTheJournal) {
  write_file(images_ / "blank.png", encode(cv::Mat(240, 200, CV_8UC1, cv::Scalar(255)), ".png"));
  write_phantom(images_ / "film.png");
  const Outcome outcome = write_output();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(contains(outcome.err, "2 images, 1 unsure, 0 failed")) << outcome.err;
  const json blank = records().at(0);
  EXPECT_EQ(blank.at("status"), "unsure");
  EXPECT_FALSE(blank.contains("prediction")) << blank;
  EXPECT_FALSE(blank.contains("confidence")) << blank;
  EXPECT_EQ(blank.at("probabilities").size(), 3U);
  EXPECT_EQ(blank.at("warnings"), json({"no lungs found"}));
  EXPECT_EQ(run().at("unsure"), 1);
  EXPECT_TRUE(contains(read_file(output_ / "report.html"), R"("status":"unsure")"));
  const Outcome again = write_output({"--resume"});
  EXPECT_EQ(again.out, outcome.out);
  EXPECT_TRUE(contains(again.err, "2 from the earlier run, 1 unsure")) << again.err;
  EXPECT_TRUE(stopped(write_output({"--resume", "--force"}), 2, {"force"}));
}

// ---- Results among the inputs

TEST_F(DurableProgram, ResultsOfEarlierRunsAreNotJudged) {
  write_phantom(images_ / "a.png");
  for (const char* name : {"first", "second"}) {
    const Outcome outcome =
        infer({"--config", config_, "-r", images_, "--output", images_ / name, "--format", "csv"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(column(rows_of(outcome.out), "Image"), std::vector<std::string>{"a.png"});
  }
  EXPECT_TRUE(stopped(infer({"--config", config_, images_ / "first"}), 2,
                      {"first", "holds results of cxr-infer"}));
}

TEST_F(DurableProgram, AFolderOfRadiographsIsNoOutputFolder) {
  write_ward("ward", 1);
  const auto go = [&](const fs::path& output) {
    return infer({"--config", config_, "-r", images_, "--output", output});
  };
  EXPECT_TRUE(stopped(go(images_), 2, {images_.string(), "--output"}))
      << "its pictures would be read";
  EXPECT_TRUE(stopped(go(images_ / "ward"), 2, {"ward", "--output"}));
  fs::create_directories(output_);
  fs::rename(images_ / "ward", output_ / "heatmaps");
  fs::create_directory_symlink(output_ / "heatmaps", images_ / "ward");
  EXPECT_TRUE(stopped(go(output_), 2, {"heatmaps", "radiographs", "--output"}));
}

// ---- Power cuts, as far as they show in the files

TEST_F(DurableProgram, PicturesThatAreNotWholeAreDrawnAgain) {
  write_images(4);
  EXPECT_EQ(write_output().status, 0);
  const fs::path pictures = output_ / "heatmaps";
  const std::string whole = read_file(pictures / "film_101.png");
  write_file(pictures / "film_100.png", "");
  write_file(pictures / "film_101.png", whole.substr(0, whole.size() - 1));
  write_file(pictures / "film_102.png", std::string(whole.size(), '\0'));
  const Outcome outcome = write_output({"--resume"});
  EXPECT_TRUE(contains(outcome.err, "4 images, 1 from the earlier run")) << outcome.err;
  EXPECT_EQ(read_file(pictures / "film_101.png"), whole);
  for (const std::string& name : names_in(pictures)) {
    EXPECT_FALSE(cv::imread(pictures / name).empty()) << name;
  }
}

TEST_F(DurableProgram, EmptyFilesAreNoResults) {
  write_images(1);
  for (const char* mode : {"error", "resume", "overwrite"}) {
    fs::remove_all(output_);
    fs::create_directory(output_);
    write_file(output_ / "run.json", "");
    write_file(output_ / "results.jsonl", "");
    EXPECT_EQ(write_output({"--if-exists", mode}).status, 0) << mode;
    EXPECT_EQ(records().size(), 1U);
    write_file(output_ / "run.json", "");
    EXPECT_EQ(write_output({"--resume"}).status, 2) << "nobody knows how the results were made";
  }
}

/// The thumbnail is in the page although its line was torn.
TEST_F(DurableProgram, ThumbnailsThatBreakOffAreMadeAgain) {
  write_images(3);
  EXPECT_EQ(write_output().status, 0);
  const std::string thumbnails = read_file(output_ / "report-images.jsonl");
  for (const std::size_t length : {thumbnails.size() - 1, thumbnails.size() / 2, std::size_t{0}}) {
    write_file(output_ / "report-images.jsonl", thumbnails.substr(0, length));
    EXPECT_EQ(write_output({"--resume"}).status, 0);
    const std::string page = read_file(output_ / "report.html");
    const std::string mark = R"("thumbnail":)";
    std::size_t count = 0;
    for (std::size_t at = page.find(mark); at != page.npos; at = page.find(mark, at + 1)) ++count;
    EXPECT_EQ(count, 3U) << "cut to " << length;
    EXPECT_EQ(whole_lines(output_ / "report-images.jsonl").size(), 3U);
  }
}

TEST_F(DurableProgram, WhatAKilledRunLeftUnfinishedIsRemoved) {
  write_images(2);
  EXPECT_EQ(write_output().status, 0);
  fs::remove(output_ / "heatmaps" / "film_101.png");
  write_file(output_ / ".cxr-1-2.part", "half");
  write_file(output_ / "heatmaps" / ".cxr-3-4.part", "half");
  EXPECT_EQ(write_output({"--resume"}).status, 0);
  EXPECT_FALSE(fs::exists(output_ / ".cxr-1-2.part"));
  EXPECT_EQ(names_in(output_ / "heatmaps"),
            (std::set<std::string>{"film_100.png", "film_101.png"}));
  fs::create_directory(pictures_);
  write_file(pictures_ / ".cxr-5-6.part", "half");
  EXPECT_EQ(draw_images().status, 0);
  EXPECT_EQ(names_in(pictures_).size(), 3U);
}

// ---- Full disks

/// A small file system in memory; skips the test where that cannot be had.
class FullDisk : public DurableProgram {
 protected:
  void SetUp() override {
    fs::create_directory(output_);
    if (::mount("tmpfs", output_.c_str(), "tmpfs", 0, "size=1m") != 0) {
      GTEST_SKIP() << "no file system can be mounted here";
    }
    is_mounted_ = true;
  }
  void TearDown() override {
    if (is_mounted_) ::umount2(output_.c_str(), MNT_DETACH);
  }

  bool is_mounted_ = false;
};

/// All images after it would fail as well.
TEST_F(FullDisk, EndsTheRunWhichCanBeResumed) {
  write_images(40);
  const Outcome outcome = write_output({"--batch-size", "2", "--threads", "1"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "No space left on device")) << outcome.err;
  EXPECT_LT(rows_of(outcome.out).size(), 40U) << "it went on for nothing";
  const std::vector<std::string> finished = whole_lines(output_ / "results.jsonl");
  EXPECT_GT(finished.size(), 0U);

  ASSERT_EQ(::mount("", output_.c_str(), "", MS_REMOUNT, "size=100m"), 0);
  const Outcome again = write_output({"--resume"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_TRUE(contains(again.err, std::to_string(finished.size()) + " from the earlier run"))
      << again.err;
  EXPECT_EQ(records().size(), 40U);
  EXPECT_EQ(names_in(output_ / "heatmaps").size(), 40U);
  EXPECT_EQ(whole_lines(output_ / "report-images.jsonl").size(), 40U);
}

// ---- Two runs

TEST_F(DurableProgram, TwoRunsDoNotWriteIntoOneFolder) {
  write_images(100);
  const pid_t first =
      start({"--config", config_, images_, "--output", output_, "--batch-size", "1"});
  ASSERT_TRUE(comes_to_lines(first, output_ / "results.jsonl", 1)) << "it ended too soon";
  EXPECT_TRUE(stopped(write_output({"--resume"}), 2, {"another cxr-infer is writing here"}));
  ::kill(first, SIGTERM);
  EXPECT_EQ(end_of(first), 143);
}

/// The second run looked before the first one had written anything.
TEST_F(DurableProgram, WhatCameBetweenTheLookAndTheLockIsSeen) {
  OutputFolder late(output_, IfExists::error);
  write_images(1);
  EXPECT_EQ(write_output().status, 0);
  const std::string journal = read_file(output_ / "results.jsonl");
  EXPECT_THROW(late.open(nlohmann::ordered_json::object(), {"Normal"}), UsageError);
  EXPECT_EQ(read_file(output_ / "results.jsonl"), journal);
}

// ---- Signals

TEST_F(DurableProgram, AHangUpIsAnInterrupt) {
  write_images(200);
  const fs::path err = folder_ / "err";
  const pid_t child = start(
      {"--config", config_, images_, "--output", output_, "--batch-size", "1"}, "/dev/null", err);
  ASSERT_TRUE(comes_to_lines(child, output_ / "results.jsonl", 1)) << "it ended too soon";
  ::kill(child, SIGHUP);
  EXPECT_EQ(end_of(child), 128 + SIGHUP);
  EXPECT_EQ(run().at("state"), "interrupted");
  EXPECT_TRUE(contains(read_file(err), "\ncxr-infer: finishing the images in progress"));
}

/// As under nohup.
TEST_F(DurableProgram, ASignalThatIsIgnoredStaysIgnored) {
  write_images(30);
  std::signal(SIGHUP, SIG_IGN);
  const pid_t child =
      start({"--config", config_, images_, "--output", output_, "--batch-size", "1"});
  std::signal(SIGHUP, SIG_DFL);
  ASSERT_TRUE(comes_to_lines(child, output_ / "results.jsonl", 1)) << "it ended too soon";
  ::kill(child, SIGHUP);
  EXPECT_EQ(end_of(child), 0);
  EXPECT_EQ(records().size(), 30U);
}

// ---- Hostile folders

TEST_F(DurableProgram, NothingIsWrittenThroughALink) {
  write_images(1);
  const fs::path precious = folder_ / "precious";
  for (const char* name :
       {"report-images.jsonl", "results.jsonl", "results.csv", "run.json", "report.html"}) {
    fs::remove_all(output_);
    fs::create_directory(output_);
    write_file(precious, "");
    fs::create_symlink(precious, output_ / name);
    const Outcome outcome = write_output();
    EXPECT_EQ(read_file(precious), "") << name << ": " << outcome.err;
  }
}

/// Whatever was done to the journal: what is in it is skipped or taken, and no library text is
/// shown.
TEST_F(DurableProgram, AJournalThatWasEditedIsSkipped) {
  write_images(2);
  EXPECT_EQ(write_output().status, 0);
  const std::string journal = read_file(output_ / "results.jsonl");
  const json line = json::parse(whole_lines(output_ / "results.jsonl").at(0));
  std::vector<std::string> edited;
  for (const auto& [key, value] : line.items()) {
    for (const json& other :
         {json(), json(1e300), json("../../x"), json::array({json::object()})}) {
      json changed = line;
      changed[key] = other;
      edited.push_back(changed.dump() + "\n");
    }
    json without = line;
    without.erase(key);
    edited.push_back(without.dump() + "\n");
  }
  for (const std::string& text : edited) {
    write_file(output_ / "results.jsonl", text + journal.substr(journal.find('\n') + 1));
    std::ostringstream out;
    try {
      cxr::infer(load_configuration(config_),
                 {.radiographs = {images_},
                  .recursive = true,
                  .output = output_,
                  .if_exists = IfExists::resume,
                  .save = {PictureKind::overlay}},
                 out, {});
    } catch (const UsageError&) {  // another file or settings
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << " for " << text;
    }
  }
  write_file(output_ / "results.jsonl", journal);
  EXPECT_EQ(write_output({"--resume"}).status, 0);
  EXPECT_EQ(records().size(), 2U);
}

TEST_F(DurableProgram, ARunJsonThatWasEditedIsRefused) {
  write_images(1);
  EXPECT_EQ(write_output().status, 0);
  const json good = run();
  for (const char* text : {"", "{", "[]", "7", "{}", R"({"settings": 7})", R"({"settings": {}})"}) {
    write_file(output_ / "run.json", text);
    EXPECT_TRUE(stopped(write_output({"--resume"}), 2, {"output"})) << text;
  }
  json edited = good;
  edited["directory"] = 7;
  edited["state"] = json::array();
  write_file(output_ / "run.json", edited.dump());
  EXPECT_EQ(write_output({"--resume"}).status, 0);
  EXPECT_EQ(run().at("state"), "finished");
}

/// What is done with JSON recurses, and took the stack of the process.
TEST_F(DurableProgram, JsonThatIsNestedTooDeepIsAnEditedFile) {
  write_images(2);
  EXPECT_EQ(write_output().status, 0);
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const std::string run = read_file(output_ / "run.json");
  write_file(output_ / "run.json", R"({"settings": {"models": )" + deep + "}}");
  EXPECT_TRUE(stopped(write_output({"--resume"}), 2, {"output"}));
  write_file(output_ / "run.json", run);
  for (const char* name : {"results.jsonl", "report-images.jsonl"}) {
    std::string lines = read_file(output_ / name);
    lines.insert(1, "\"a\": " + deep + ",");
    write_file(output_ / name, lines);
    EXPECT_EQ(write_output({"--resume"}).status, 0) << name;
    EXPECT_EQ(records().size(), 2U);
  }
  write_file(config_, R"({"segmenter": )" + deep + "}");
  EXPECT_TRUE(stopped(write_output({"--resume"}), 2, {"nested too deep"}));
}

/// The path in the journal is written in escapes.
TEST_F(DurableProgram, AFilmWhoseNameIsNotUtf8IsResumed) {
  write_phantom(images_ / "not UTF-8 \xFF.png", 1);
  write_phantom(images_ / "not UTF-8 \\xFF.png", 2);
  const Outcome first = write_output();
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(records().size(), 2U);
  const Outcome again = write_output({"--resume"});
  EXPECT_TRUE(contains(again.err, "2 from the earlier run")) << again.err;
  EXPECT_EQ(again.out, first.out);
}

TEST_F(DurableProgram, OverwriteRemovesNothingOutsideTheFolder) {
  write_images(1);
  EXPECT_EQ(write_output().status, 0);
  const fs::path precious = folder_ / "precious";
  fs::create_directory(precious);
  write_file(precious / "film.png", "precious");
  fs::create_directory_symlink(precious, output_ / "link");
  std::string journal;
  const std::vector<std::string> pictures = {"../precious/film.png", "link/film.png",
                                             (precious / "film.png").string(), "run.json"};
  for (const std::string& picture : pictures) {
    json record = records().at(0);
    record["pictures"]["heatmaps"] = picture;
    journal += record.dump() + "\n";
  }
  write_file(output_ / "results.jsonl", journal);
  EXPECT_EQ(write_output({"--if-exists", "overwrite"}).status, 0);
  EXPECT_EQ(read_file(precious / "film.png"), "precious");
}

// ---- Nothing left to do

/// No model is loaded: here they are none, and only their SHA-256 is right.
TEST_F(DurableProgram, ResumeOfAFinishedRunSaysSoAndLoadsNoModel) {
  write_images(2);
  const Outcome first = write_output();
  EXPECT_EQ(first.status, 0);
  std::string text = read_file(output_ / "run.json");
  for (const std::string name : {"segmenter", "classifier"}) {
    const fs::path model = folder_ / (name + ".pt");
    const std::string before = sha256(model);
    write_file(model, "no model");
    text = std::regex_replace(text, std::regex(before), sha256(model));
  }
  write_file(output_ / "run.json", text);
  const Outcome outcome = write_output({"--resume"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("Nothing left to do: 2 images, 2 from the earlier run"))
      << outcome.err;
  EXPECT_EQ(outcome.out, first.out);
  EXPECT_TRUE(stopped(write_output({"--resume", "--set", "heatmap.cmap=jet"}), 2,
                      {"configuration.heatmap.cmap"}));
}

// ---- Files that crash a decoder

TEST_F(DurableProgram, AFileThatCrashesADecoderIsARowWithAnError) {
  write_images(12);
  write_phantom(images_ / "film_105_fatal.png");
  ::setenv("LD_PRELOAD", (std::string(CXR_PROGRAMS) + "/crash-on-open.so").c_str(), 1);
  ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);  // else it refuses a preloaded library
  const Outcome outcome = write_output({"--batch-size", "2", "--threads", "2"});
  ::unsetenv("ASAN_OPTIONS");
  ::unsetenv("LD_PRELOAD");
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  const std::vector<Row> rows = table();
  ASSERT_EQ(rows.size(), 13U);
  for (const Row& row : rows) {
    EXPECT_EQ(row.at("Status"), contains(row.at("Image"), "fatal") ? "error" : "ok");
  }
  EXPECT_TRUE(contains(rows.at(6).at("Error"), "reading it crashes the decoder: Aborted"))
      << rows.at(6).at("Error");
  EXPECT_EQ(write_output({"--resume"}).status, 0) << "it is tried again, and harmless now";
}

}  // namespace
}  // namespace cxr::test
