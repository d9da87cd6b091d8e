#include "support/output_program.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "base/json_lines.h"
#include "base/sha256.h"
#include "infer/report_page.h"
#include "infer/result_format.h"
#include "support/dicom_file.h"

namespace cxr::test {
namespace {

TEST_F(OutputProgram, HasEverything) {
  fs::create_directory(images_ / "ward");
  write_phantom(images_ / "a.png");
  write_phantom(images_ / "ward" / "a.png", 1);
  write_file(images_ / "bad.png", "text");
  const Outcome outcome = write_output();
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  EXPECT_EQ(names_in(output_),
            (std::set<std::string>{"heatmaps", "report-images.jsonl", "report.html", "results.csv",
                                   "results.jsonl", "run.json"}));
  EXPECT_EQ(read_file(output_ / "results.csv"), outcome.out);
  EXPECT_EQ(column(rows_of(outcome.out), "Image"),
            (std::vector<std::string>{"a.png", "bad.png", "ward/a.png"}));
  EXPECT_FALSE(cv::imread(output_ / "heatmaps" / "ward" / "a.png").empty());

  const json judged = records().at(0);
  EXPECT_EQ(judged.at("file"), (images_ / "a.png").string());
  EXPECT_EQ(judged.at("status"), "ok");
  EXPECT_EQ(judged.at("probabilities").size(), 3U);
  EXPECT_EQ(judged.at("size"), json({200, 240}));
  EXPECT_GT(judged.at("milliseconds").at("segment"), 0);
  EXPECT_EQ(judged.at("pictures").at("heatmaps"), "heatmaps/a.png");
  EXPECT_EQ(judged.at("models").at("classifier").at("sha256"), sha256(folder_ / "classifier.pt"));
  EXPECT_EQ(judged.at("models").at("classifier").at("precision"), "float32");
  EXPECT_TRUE(contains(records().at(1).at("error"), "bad.png"));

  EXPECT_EQ(run().at("state"), "finished");
  EXPECT_EQ(run().at("images"), 3);
  EXPECT_EQ(run().at("failed"), 1);
  EXPECT_EQ(run().at("configuration").at("batch_size"), 3);
  EXPECT_EQ(run().at("command").at(1), "--config");
}

/// The journal says in a field of its own where an image failed.
TEST_F(OutputProgram, AFailedImageHasItsStageInTheJournal) {
  write_phantom(images_ / "a.png");
  write_file(images_ / "bad.png", "text");
  write_phantom(images_ / "c.png");
  fs::create_directories(output_ / "heatmaps" / "c.png" / "in the way");
  EXPECT_EQ(write_output().status, 4);
  const std::vector<json> all = records();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_FALSE(all[0].contains("stage")) << all[0];
  EXPECT_EQ(all[1].at("status"), "error");
  EXPECT_EQ(all[1].at("stage"), "read");
  EXPECT_EQ(all[2].at("status"), "error");
  EXPECT_EQ(all[2].at("stage"), "write");
}

/// The number of threads and of images in a batch change nothing in results.csv but its times.
TEST_F(OutputProgram, ThreadsAndBatchSizeDoNotChangeAByte) {
  write_images(7);
  // "12.3" of `,12.3,,/path/film_100.png`
  const auto without_times = [](const std::string& table) {
    return std::regex_replace(table, std::regex(",[0-9.]+(,[^,\n]*,[^,\n]*\n)"), "$1");
  };
  std::string first;
  for (const char* threads : {"1", "2", "3"}) {
    for (const char* size : {"1", "3", "8"}) {
      const Outcome outcome = write_output({"--threads", threads, "--batch-size", size,
                                            "--no-heatmaps", "--if-exists", "overwrite"});
      ASSERT_EQ(outcome.status, 0) << outcome.err;
      const std::string written = read_file(output_ / "results.csv");
      ASSERT_TRUE(
          written.substr(0, written.find('\n')).ends_with(",Milliseconds,Prediction Set,File"));
      const std::string table = without_times(written);
      if (first.empty()) first = table;
      EXPECT_EQ(table, first) << threads << " threads, batches of " << size;
    }
  }
  EXPECT_EQ(std::ranges::count(first, '\n'), 8);
}

TEST_F(OutputProgram, SaveChoosesThePictures) {
  write_phantom(images_ / "a.png");
  EXPECT_EQ(write_output({"--save", "panels,mask,crop"}).status, 0);
  EXPECT_FALSE(fs::exists(output_ / "heatmaps"));
  EXPECT_GT(cv::imread(output_ / "panels" / "a.png").cols, 600);
  EXPECT_FALSE(cv::imread(output_ / "crops" / "a.png").empty());
  // Lungs where the phantom has them, on a mask of the film's own size.
  const cv::Mat mask = cv::imread(output_ / "masks" / "a.png", cv::IMREAD_UNCHANGED);
  ASSERT_EQ(mask.size(), cv::Size(200, 240));
  ASSERT_EQ(mask.type(), CV_8UC1);
  EXPECT_EQ(cv::countNonZero(mask), cv::countNonZero(mask == 255));
  EXPECT_GT(cv::countNonZero(mask), 2000);
}

TEST_F(OutputProgram, WithoutHeatMapsThereIsNone) {
  write_phantom(images_ / "a.png");
  EXPECT_EQ(write_output({"--no-heatmaps"}).status, 0);
  EXPECT_FALSE(fs::exists(output_ / "heatmaps"));
  EXPECT_EQ(records().at(0).at("milliseconds").at("explain"), 0);
  const Outcome both = write_output({"--no-heatmaps", "--save", "panels", "--resume"});
  EXPECT_TRUE(stopped(both, 2, {"--save", "--no-heatmaps"}));
}

TEST_F(OutputProgram, ResultsAreNotOverwrittenUnasked) {
  write_images(2);
  EXPECT_EQ(write_output().status, 0);
  const std::string before = read_file(output_ / "results.jsonl");
  EXPECT_TRUE(stopped(write_output(), 2, {output_.string(), "--resume", "overwrite"}));
  EXPECT_EQ(read_file(output_ / "results.jsonl"), before);

  write_file(output_ / "heatmaps" / "mine.png", "not of this programme");
  fs::remove(images_ / "film_100.png");
  EXPECT_EQ(write_output({"--if-exists", "overwrite"}).status, 0);
  EXPECT_EQ(records().size(), 1U);
  EXPECT_EQ(names_in(output_ / "heatmaps"), (std::set<std::string>{"film_101.png", "mine.png"}));
}

TEST_F(OutputProgram, ResumeDoesWhatIsMissingOrFailedAndNothingElse) {
  write_images(4);
  write_file(images_ / "film_101.png", "not yet copied");
  EXPECT_EQ(write_output().status, 4);
  const std::vector<json> before = records();

  write_phantom(images_ / "film_101.png", 7);         // mended
  write_phantom(images_ / "film_099.png", 8);         // new, and first
  fs::remove(output_ / "heatmaps" / "film_102.png");  // its picture is gone
  const Outcome outcome = write_output({"--resume"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(is_summary(outcome.err.substr(0, outcome.err.find(", report")) +
                             outcome.err.substr(outcome.err.find(". For research")),
                         "5 images, 2 from the earlier run, 0 failed"))
      << outcome.err;
  const std::vector<json> after = records();
  ASSERT_EQ(after.size(), 5U);
  EXPECT_EQ(after[0].at("image"), "film_099.png");
  EXPECT_EQ(after[1], before[0]) << "was done again: its times are others";
  EXPECT_EQ(after[2].at("status"), "ok");
  EXPECT_EQ(after[4], before[3]);
  EXPECT_TRUE(fs::exists(output_ / "heatmaps" / "film_102.png"));
  EXPECT_EQ(without_time(rows_of(read_file(output_ / "results.csv"))),
            without_time(rows_of(outcome.out)));
}

TEST_F(OutputProgram, ResumeTakesUpAJournalThatBreaksOff) {
  write_images(3);
  EXPECT_EQ(write_output().status, 0);
  const std::string whole = read_file(output_ / "results.jsonl");
  const std::string table = read_file(output_ / "results.csv");
  const std::size_t second_line = whole.find('\n') + 1;
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{20}, second_line, second_line + 1, whole.size() - 1}) {
    write_file(output_ / "results.jsonl", whole.substr(0, length));
    const Outcome outcome = write_output({"--resume"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(without_time(rows_of(read_file(output_ / "results.csv"))),
              without_time(rows_of(table)))
        << "cut to " << length;
    EXPECT_EQ(records().size(), 3U);
  }
}

TEST_F(OutputProgram, ResumeDoesAgainWhatIsNotOfThisProgramme) {
  write_images(2);
  EXPECT_EQ(write_output().status, 0);
  std::string journal = read_file(output_ / "results.jsonl");
  const std::string picture = R"("heatmaps":"heatmaps/film_100.png")";
  journal.replace(journal.find(picture), picture.size(), R"("heatmaps":7)");
  write_file(output_ / "results.jsonl", R"({"image":7})"
                                        "\n" +
                                            journal);
  const Outcome outcome = write_output({"--resume"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "2 images, 1 from the earlier run")) << outcome.err;
  EXPECT_EQ(records().size(), 2U);
}

TEST_F(OutputProgram, ResumeWithOtherSettingsIsRefused) {
  write_images(1);
  EXPECT_EQ(write_output().status, 0);
  EXPECT_TRUE(stopped(write_output({"--resume", "--set", "heatmap.cmap=viridis"}), 2,
                      {output_.string(), "configuration.heatmap.cmap"}));
  EXPECT_TRUE(stopped(write_output({"--resume", "--precision", "bfloat16"}), 2,
                      {output_.string(), "configuration.precision"}));
  EXPECT_EQ(write_output({"--resume", "--batch-size", "1", "--threads", "1"}).status, 0)
      << "what changes no result may change";
  write_tiny_network(folder_ / "classifier.pt", [] {
    Contract contract = tiny_contract(Contract::Kind::classifier);
    contract.temperature = 2;
    return contract;
  }());
  EXPECT_TRUE(stopped(write_output({"--resume"}), 2, {output_.string(), "models.classifier"}));
}

/// Each kill falls in mid-run: when the journal has a few lines more than after the last kill.
TEST_F(OutputProgram, KilledAtAnyMomentItLosesAndDoublesNothing) {
  constexpr std::size_t kImages = 60;
  write_images(kImages);
  const fs::path journal = output_ / "results.jsonl";
  std::set<std::string> finished;
  for (const std::size_t more : {1U, 2U, 5U, 3U}) {
    const pid_t child = start({"--config", config_, "--xraypath", images_, "--output", output_,
                               "--if-exists", "resume", "--batch-size", "2", "--threads", "2"});
    ASSERT_TRUE(comes_to_lines(child, journal, finished.size() + more)) << "it ended by itself";
    ::kill(child, SIGKILL);
    ASSERT_EQ(end_of(child), 128 + SIGKILL) << "it ended before it was killed";
    std::set<std::string> names;
    const std::vector<std::string> lines = whole_lines(journal);
    for (const std::string& line : lines) names.insert(json::parse(line).at("image"));
    EXPECT_EQ(names.size(), lines.size()) << "an image is there twice";
    EXPECT_TRUE(std::ranges::includes(names, finished)) << "what was finished is lost";
    ASSERT_GT(names.size(), finished.size());
    ASSERT_LT(names.size(), kImages) << "killed when all was done: this tests nothing";
    finished = names;
  }
  const Outcome outcome = write_output({"--resume"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, std::to_string(finished.size()) + " from the earlier run"))
      << outcome.err;
  EXPECT_EQ(records().size(), kImages);
  EXPECT_EQ(rows_of(read_file(output_ / "results.csv")).size(), kImages);
  EXPECT_EQ(names_in(output_ / "heatmaps").size(), kImages);
}

/// Without --output there is nothing to resume; what is counted is what was done.
TEST_F(OutputProgram, InterruptedWithoutOutputItSaysHowManyWereProcessed) {
  write_images(200);
  const fs::path out = folder_ / "out", err = folder_ / "err";
  const pid_t child =
      start({"--config", config_, "--xraypath", images_, "--batch-size", "1"}, out, err);
  ASSERT_TRUE(comes_to_lines(child, out, 2)) << "it ended too soon";  // the header and a row
  ::kill(child, SIGINT);
  EXPECT_EQ(end_of(child), 130);
  const std::size_t done = rows_of(read_file(out)).size();
  const std::string said = read_file(err);
  ASSERT_LT(done, 200U) << "interrupted when all was done: this tests nothing";
  EXPECT_TRUE(
      contains(said, "\n" + std::to_string(done) + (done == 1 ? " image, 0" : " images, 0")))
      << said;
  EXPECT_TRUE(contains(said, std::to_string(200 - done) + " of 200 images were not processed"))
      << said;
  EXPECT_FALSE(contains(said, "--resume")) << said;
}

/// With --output it can be resumed, and says so.
TEST_F(OutputProgram, InterruptedWithOutputItRecommendsToResume) {
  write_images(200);
  const fs::path out = folder_ / "out", err = folder_ / "err";
  const pid_t child =
      start({"--config", config_, "--xraypath", images_, "--output", output_, "--batch-size", "1"},
            out, err);
  ASSERT_TRUE(comes_to_lines(child, output_ / "results.jsonl", 1)) << "it ended too soon";
  ::kill(child, SIGINT);
  EXPECT_EQ(end_of(child), 130);
  const std::size_t done = records().size();
  ASSERT_LT(done, 200U) << "interrupted when all was done: this tests nothing";
  const std::string said = read_file(err);
  EXPECT_TRUE(contains(said, std::to_string(200 - done) + " of 200 images were not processed"))
      << said;
  EXPECT_TRUE(contains(said, "--resume")) << said;
}

TEST_F(OutputProgram, InterruptedItFinishesWhatIsInFlight) {
  write_images(200);
  const pid_t child =
      start({"--config", config_, "--xraypath", images_, "--output", output_, "--batch-size", "1"});
  // Once something is done, and long before all is.
  while (!fs::exists(output_ / "results.jsonl") || fs::file_size(output_ / "results.jsonl") == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it ended too soon";
  }
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_EQ(run().at("state"), "interrupted");
  EXPECT_TRUE(fs::exists(output_ / "report.html"));
  EXPECT_LT(records().size(), 200U);
  EXPECT_EQ(write_output({"--resume"}).status, 0);
  EXPECT_EQ(records().size(), 200U);
}

TEST_F(OutputProgram, ASecondInterruptEndsAtOnceAndLeavesNoHalfFile) {
  write_images(200);
  const pid_t child = start({"--config", config_, "--xraypath", images_, "--heatmappath", pictures_,
                             "--batch-size", "100"});
  const auto has_picture = [&] {
    return fs::exists(pictures_) && std::ranges::any_of(names_in(pictures_), [](const auto& name) {
             return name.ends_with(".png");
           });
  };
  while (!has_picture()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it ended too soon";
  }
  ::kill(child, SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  for (const std::string& name : names_in(pictures_)) {
    EXPECT_TRUE(name.ends_with(".png")) << name;
    EXPECT_FALSE(cv::imread(pictures_ / name).empty()) << name << " is half a picture";
  }
  EXPECT_LT(names_in(pictures_).size(), 200U);
}

TEST_F(OutputProgram, TheReportTakesNoNameForMarkup) {
  const std::string name = "<script>alert(1)<\\script>.png";
  write_phantom(images_ / name);
  EXPECT_EQ(write_output().status, 0);
  const std::string page = read_file(output_ / "report.html");
  EXPECT_FALSE(contains(page, "<script>alert")) << "a name is markup";
  EXPECT_TRUE(contains(page, "\\u003cscript>alert(1)\\u003c"));
}

TEST_F(OutputProgram, LabelsThatCannotBeUsedAreSaidBeforeTheRun) {
  write_images(1);
  write_file(folder_ / "labels.csv", "picture,label\na.png,Normal\n");
  EXPECT_TRUE(stopped(write_output({"--labels", folder_ / "labels.csv"}), 2,
                      {"labels.csv", "no column 'image'"}));
  EXPECT_FALSE(fs::exists(output_));
}

TEST_F(OutputProgram, TheReportOfAVeryLargeRunShowsThePicturesOnDisk) {
  Result result;
  result.name = "a.png";
  result.prediction = "Normal";
  result.probabilities = {0, 1, 0};
  result.predicted = 1;
  nlohmann::ordered_json all = to_json(result, {"COVID-19", "Normal", "Pneumonia"});
  all["pictures"]["heatmaps"] = "heatmaps/a.png";
  ReportPage page(folder_.path(), "", "jet", ReportPage::kMostEmbedded + 1, std::nullopt);
  EXPECT_FALSE(page.embeds());
  page.add("a.png", {"radiograph", "crop", "heat", "outline"});
  page.write({{result, json_line(all)}}, {"COVID-19", "Normal", "Pneumonia"}, nullptr, nullptr);
  const std::string text = read_file(folder_ / "report.html");
  EXPECT_TRUE(contains(text, R"("pictures":{"heatmaps":"heatmaps/a.png"})"));
  EXPECT_FALSE(contains(text, R"("thumbnail":)"));
}

TEST_F(OutputProgram, TheReportKnowsTheLabels) {
  write_images(2);
  write_file(folder_ / "labels.csv", "image,label\nfilms/film_100.png,Normal\nelsewhere.png,x\n");
  const Outcome outcome = write_output({"--labels", folder_ / "labels.csv"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(contains(outcome.err,
                       "labels.csv: 1 of 2 labelled images in this run; unknown classes: 'x' (1 "
                       "image); the classifier's classes: "))
      << outcome.err;
  const std::string page = read_file(output_ / "report.html");
  EXPECT_TRUE(contains(page, R"("label":"Normal")"));
}

// ---- What goes to standard output

TEST_F(OutputProgram, JsonLinesAreTheSameAsInTheFolder) {
  write_images(2);
  const Outcome outcome =
      infer({"--config", config_, "--xraypath", images_, "--output", output_, "--format", "jsonl"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, read_file(output_ / "results.jsonl"));
}

TEST_F(OutputProgram, TableIsForPeople) {
  write_phantom(images_ / "a.png");
  write_phantom(images_ / ("long_" + std::string(60, 'x') + ".png"));
  write_file(images_ / "bad.png", "text");
  const Outcome outcome = infer({"--config", config_, "--xraypath", images_, "--format", "table"});
  std::istringstream lines(outcome.out);
  std::string header, first, second, third;
  std::getline(lines, header) && std::getline(lines, first) && std::getline(lines, second) &&
      std::getline(lines, third);
  EXPECT_TRUE(header.starts_with("Image "));
  EXPECT_TRUE(first.starts_with("a.png "));
  EXPECT_TRUE(std::regex_search(first, std::regex(R"(\d\.\d %   +\d\.\d{3}$)"))) << first;
  EXPECT_TRUE(contains(second, "error: read: ")) << second;
  EXPECT_TRUE(third.starts_with("…xxx")) << third;
}

TEST_F(OutputProgram, OnATerminalRowsAndProgressDoNotMix) {
  if (!fs::exists("/usr/bin/script")) GTEST_SKIP() << "no /usr/bin/script here";
  write_images(12);
  const std::string command = std::string(CXR_PROGRAMS) + "/cxr-infer --config " +
                              config_.string() + " --batch-size 1 " + images_.string();
  const std::string out = run_program({"/usr/bin/script", "-qec", command, "/dev/null"}).out;
  EXPECT_TRUE(contains(out, "images [")) << "no progress: " << out;
  std::istringstream lines(out);
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!contains(line, "film_")) continue;
    ++rows;
    const std::string cleared = "\r\x1b[K";
    const std::size_t last = line.rfind(cleared);
    const std::string seen = last == std::string::npos ? line : line.substr(last + cleared.size());
    EXPECT_TRUE(seen.starts_with("film_")) << seen;
  }
  EXPECT_EQ(rows, 12);
}

// ---- Inputs

TEST_F(OutputProgram, PathsMayComeThroughAPipe) {
  write_images(3);
  const std::string program = std::string(CXR_PROGRAMS) + "/cxr-infer";
  const Outcome outcome =
      run_program({"/bin/sh", "-c",
                   "{ ls " + images_.string() + "/*.png; echo /no/such.png; } | " + program +
                       " --config " + config_.string() + " --xraypath -"});
  EXPECT_EQ(outcome.status, 4) << "the one that is not there is a row";
  const std::vector<Row> rows = rows_of(outcome.out);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].at("Image"), (images_ / "film_100.png").string());
  EXPECT_EQ(rows[3].at("Image"), "/no/such.png");
  EXPECT_TRUE(contains(rows[3].at("Error"), "no such file"));
}

TEST_F(OutputProgram, SeveralPathsAndAListAreTaken) {
  write_images(3);
  write_file(folder_ / "list.txt", (images_ / "film_102.png").string() + "\r\n\n");
  const Outcome outcome = infer({"--config", config_, "--list", folder_ / "list.txt", "--root",
                                 images_, images_ / "film_101.png", images_ / "film_100.png"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(column(rows_of(outcome.out), "Image"),
            (std::vector<std::string>{"film_101.png", "film_100.png", "film_102.png"}));
}

TEST_F(OutputProgram, ResultsAmongTheInputsAreNotReadAsRadiographs) {
  write_images(1);
  const auto go = [&] {
    return infer({"--config", config_, "-r", folder_.path(), "--output", output_, "--resume"});
  };
  EXPECT_EQ(go().status, 0);
  EXPECT_EQ(go().status, 0);
  EXPECT_EQ(records().size(), 1U);
}

TEST_F(OutputProgram, DicomIsReadAndWhatIsNoFrontalViewIsSkipped) {
  write_dicom(images_ / "frontal", {.samples = phantom()});
  write_dicom(images_ / "lateral", {.samples = phantom(), .texts = {{"0018,5101", "LL"}}});
  write_phantom(images_ / "z.png");
  const Outcome outcome = write_output();
  EXPECT_EQ(outcome.status, 0) << "a lateral view is no failure: " << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "3 images, 1 skipped, 0 failed")) << outcome.err;
  std::vector<Row> rows = without_time(rows_of(outcome.out));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(column(rows, "Status"), (std::vector<std::string>{"ok", "skipped", "ok"}));
  EXPECT_TRUE(contains(rows[1].at("Error"), "lateral"));
  for (const char* key : {"Image", "File"}) rows[0][key] = rows[2][key];
  EXPECT_EQ(rows[0], rows[2]) << "the same picture in another format";
  for (const auto& entry : fs::recursive_directory_iterator(output_)) {
    if (!entry.is_regular_file()) continue;
    EXPECT_FALSE(contains(read_file(entry.path()), "Secret")) << entry.path();
  }
  EXPECT_EQ(write_output({"--force", "--if-exists", "overwrite"}).status, 0);
  EXPECT_EQ(records().at(1).at("status"), "ok");
}

// ---- Configuration

TEST_F(OutputProgram, PrintConfigSaysWhereEachValueComesFrom) {
  configure(R"("heatmap": {"figsize": 3})");
  ::setenv("CXR_HEATMAP_CMAP", "viridis", 1);
  ::setenv("CXR_BATCH_SIZE", "5", 1);
  const Outcome outcome = infer({"--config", config_, "--batch-size", "4", "--polarity", "as-is",
                                 "--set", "heatmap.method=original", "--print-config"});
  ::unsetenv("CXR_HEATMAP_CMAP");
  ::unsetenv("CXR_BATCH_SIZE");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const std::string line :
       {R"("batch_size": 4,  // --batch-size)", R"("cmap": "viridis",  // CXR_HEATMAP_CMAP)",
        R"("method": "original",  // --set heatmap.method=original)",
        R"("polarity": "as-is",  // --polarity)", R"("threads": 0,  // default)"}) {
    EXPECT_TRUE(contains(outcome.out, line)) << line << " is not in\n" << outcome.out;
  }
  EXPECT_TRUE(contains(outcome.out, R"("figsize": 3.0,  // )" + config_.string()));
  // What is printed is itself a configuration.
  write_file(folder_ / "printed.json", outcome.out);
  const Outcome again = infer({"--config", folder_ / "printed.json", "--print-config"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_TRUE(contains(again.out, R"("batch_size": 4,)"));
}

TEST_F(OutputProgram, PathsMayFollowAValueThatIsSet) {
  write_phantom(images_ / "a.png");
  const Outcome outcome = infer(
      {"--config", config_, "--set", "batch_size=2", "--set", "threads=1", images_ / "a.png"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(OutputProgram, WrongValuesAreNamedByWhereTheyComeFrom) {
  EXPECT_TRUE(stopped(infer({"--config", config_, images_, "--set", "heatmap.cmap=pinkish"}), 2,
                      {"--set heatmap.cmap=pinkish", "is not a colour map"}));
  EXPECT_TRUE(stopped(infer({"--config", config_, images_, "--set", "cmap=jet"}), 2,
                      {"--set cmap=jet", "unknown key", "heatmap.cmap"}));
  EXPECT_TRUE(stopped(infer({"--config", config_, images_, "--threads", "many"}), 2,
                      {"--threads", "whole number"}));
}

/// An option of words does not take the number that the programme has for a word.
TEST_F(OutputProgram, NumbersAreNotTakenForWords) {
  write_images(1);
  EXPECT_EQ(write_output().status, 0);
  const std::string before = read_file(output_ / "results.jsonl");
  for (const auto& [option, words] : std::vector<std::pair<std::string, std::string>>{
           {"--format", "csv, jsonl, table"},
           {"--if-exists", "error, overwrite, resume"},
           {"--save", "overlay, panels, mask, crop, dicom"}}) {
    for (const std::string value : {"0", "1", "2", "", "CSV"}) {
      const Outcome outcome =
          infer({"--config", config_, "--xraypath", images_, "--output", output_, option, value});
      EXPECT_EQ(outcome.status, 2) << option << " " << value;
      EXPECT_EQ(outcome.out, "");
      EXPECT_TRUE(contains(outcome.err, option)) << outcome.err;
      EXPECT_TRUE(contains(outcome.err, "must be one of " + words)) << outcome.err;
    }
  }
  EXPECT_EQ(read_file(output_ / "results.jsonl"), before) << "it was overwritten";
}

/// All three programmes have the standard options.
TEST(Programs, HaveTheStandardOptions) {
  for (const std::string name : {"cxr-infer", "cxr-evaluate", "cxr-train"}) {
    const std::string program = std::string(CXR_PROGRAMS) + "/" + name;
    const Outcome version = run_program({program, "--version"});
    EXPECT_EQ(version.status, 0) << name;
    EXPECT_TRUE(version.out.starts_with(name + " ")) << version.out;
    EXPECT_TRUE(contains(version.out, "LibTorch ")) << version.out;
    const std::string help = run_program({program, "--help"}).out;
    for (const char* option :
         {"--help", "--version", "-q", "--quiet", "-v", "--verbose", "--no-progress"}) {
      EXPECT_TRUE(contains(help, option)) << option << " is not in: " << help;
    }
    const Outcome both = run_program({program, "-q", "-v"});
    EXPECT_EQ(both.status, 2) << name << " cannot be quiet and verbose";
  }
}

TEST_F(OutputProgram, CudaWhereThereIsNoneIsSaid) {
  write_phantom(images_ / "a.png");
  const Outcome outcome = infer({"--config", config_, images_, "--device", "cuda:7"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.err, "cuda:7") && contains(outcome.err, "CUDA device"))
      << outcome.err;
}

TEST_F(OutputProgram, ModelInfoAndVersionAreTold) {
  const Outcome models = infer({"--config", config_, "--model-info"});
  EXPECT_EQ(models.status, 0) << models.err;
  const json info = json::parse(models.out);
  EXPECT_EQ(info.at("segmenter").at("sha256"), sha256(folder_ / "segmenter.pt"));
  EXPECT_EQ(info.at("classifier").at("classes").size(), 3U);
  const Outcome version = infer({"--version"});
  EXPECT_EQ(version.status, 0);
  for (const char* word : {"LibTorch", "OpenCV", "DCMTK", "CPU capability", "not for diagnosis"}) {
    EXPECT_TRUE(contains(version.out, word)) << version.out;
  }
}

TEST_F(OutputProgram, QuietSaysNothing) {
  write_phantom(images_ / "a.png");
  const Outcome outcome = infer({"--config", config_, images_, "-q"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

}  // namespace
}  // namespace cxr::test
