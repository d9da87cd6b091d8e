#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <thread>

#include "base/csv.h"
#include "support/look.h"
#include "support/phantom.h"
#include "support/run_program.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;

/// Whether a picture has that size and something on it.
testing::AssertionResult is_drawn(const fs::path& file, cv::Size size = {}) {
  const cv::Mat picture = cv::imread(file.string());
  if (picture.empty()) return testing::AssertionFailure() << file << " is no picture";
  if (!size.empty() && picture.size() != size) {
    return testing::AssertionFailure() << file << " is " << picture.size();
  }
  cv::Mat background;
  cv::inRange(picture, cv::Scalar(255, 255, 255), cv::Scalar(255, 255, 255), background);
  const int drawn = static_cast<int>(picture.total()) - cv::countNonZero(background);
  if (drawn > static_cast<int>(picture.total() / 200)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << file << " is empty";
}

/// Tiny networks and nine phantoms of two classes and two sources, with masks.
class EvaluateProgram : public testing::Test {
 protected:
  EvaluateProgram() {
    for (const char* name : {"data/Normal", "data/COVID-19", "masks"}) {
      fs::create_directories(folder_ / name);
    }
    std::ofstream labels(file("labels.csv"));
    std::ofstream masks(file("masks.csv"));
    labels << "image,label,split,source,patient\n";
    masks << "image,mask,source\n";
    for (unsigned i = 0; i < 9; ++i) {
      PhantomOptions options;
      options.size = {160, 180};
      options.seed = i;
      const Phantom phantom = make_phantom(options);
      const std::string label = i % 2 == 0 ? "Normal" : "COVID-19";
      const std::string number = std::to_string(i) + ".png";
      const std::string image = (fs::path("data") / label / number).string();
      cv::imwrite(file(image), phantom.image);
      cv::imwrite(file("masks/" + number), phantom.lungs);
      labels << image << "," << label << "," << (i < 8 ? "val" : "train") << ","
             << (i < 4 ? "x" : "y") << ",p" << i / 2 << "\n";
      masks << image << ",masks/" << number << "," << (i < 4 ? "x" : "y") << "\n";
    }
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string report() const { return read_file(out_ / "report.md"); }
  nlohmann::json metrics() const { return metrics_in(out_); }
  static nlohmann::json metrics_in(const fs::path& folder) {
    return nlohmann::json::parse(read_file(folder / "metrics.json"));
  }

  Outcome evaluate(const std::string& task, const std::string& data,
                   std::vector<std::string> more = {}) const {
    std::vector<std::string> command{std::string(CXR_PROGRAMS) + "/cxr-evaluate",
                                     task,
                                     "--data",
                                     file(data),
                                     "--out",
                                     out_,
                                     "--bootstrap",
                                     "20"};
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  }
  Outcome classify(const std::string& data, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--config", config_});
    return evaluate("classification", data, more);
  }
  Outcome segment(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--config", config_});
    return evaluate("segmentation", "masks.csv", more);
  }

  TempDir folder_;
  fs::path config_ = write_tiny_setup(folder_.path());
  fs::path out_ = folder_ / "report" / "of mine";
};

/// The folder of both is then the empty path.
TEST_F(EvaluateProgram, ManifestAndImagesMayLieInTheCurrentFolder) {
  std::ofstream(file("beside.csv")) << "image,label\n0.png,Normal\n1.png,COVID-19\n";
  for (const char* name : {"data/Normal/0.png", "data/COVID-19/1.png"}) {
    fs::copy(file(name), folder_ / fs::path(name).filename());
  }
  const std::vector<std::string> command = {std::string(CXR_PROGRAMS) + "/cxr-evaluate",
                                            "classification",
                                            "--data",
                                            "beside.csv",
                                            "--out",
                                            "report",
                                            "--config",
                                            config_,
                                            "--bootstrap",
                                            "0"};
  const Outcome outcome =
      run_program(command, {.directory = folder_.path(), .user = {}, .output = {}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(metrics_in(folder_ / "report")["images"], 2);
}

TEST_F(EvaluateProgram, ManifestGivesReportFiguresAndPictures) {
  const Outcome outcome = classify("labels.csv", {"--split", "val", "--worst", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "Sensitivity")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "Balanced accuracy")) << outcome.out;
  EXPECT_TRUE(contains(outcome.err, "8 images, 0 failed")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "report.md")) << outcome.err;

  const auto figures = metrics();
  EXPECT_EQ(figures["images"], 8);
  EXPECT_EQ(figures["patients"], 4);
  EXPECT_EQ(figures["classes"].dump(), R"(["COVID-19","Normal","Pneumonia"])");
  EXPECT_EQ(figures["by"]["source"]["x"]["images"], 4);
  EXPECT_EQ(figures["reliability"].size(), 15U);
  EXPECT_EQ(read_csv(out_ / "images.csv").rows.size(), 8U);
  ASSERT_EQ(figures["mistakes"].size(), 2U);
  for (const char* name : {"mistakes/01.png", "mistakes/02.png"}) {
    EXPECT_TRUE(is_drawn(out_ / name));
    EXPECT_TRUE(contains(report(), std::string("(") + name + ")"));
  }
  EXPECT_FALSE(fs::exists(out_ / "mistakes/03.png"));
  EXPECT_TRUE(is_drawn(out_ / "confusion.png"));
  EXPECT_TRUE(is_drawn(out_ / "roc.png", {1000, 1000}));
  EXPECT_TRUE(fs::exists(out_ / "roc.svg"));
  EXPECT_TRUE(is_drawn(out_ / "precision-recall.png", {1000, 1000}));
  EXPECT_TRUE(is_drawn(out_ / "reliability.png", {1000, 1480}));
  for (const char* part : {"P.P.V.", "By `source`", "Worst mistakes", "not for diagnosis"}) {
    EXPECT_TRUE(contains(report(), part)) << part;
  }
}

TEST_F(EvaluateProgram, HeatIsMeasuredWhereSomethingElseThanNormalIsPredicted) {
  EXPECT_EQ(classify("labels.csv").status, 0);
  const CsvTable images = read_csv(out_ / "images.csv");
  std::size_t measured = 0;
  for (const auto& row : images.rows) {
    const bool is_measured = !row[images.column("heat_inside_lungs")].empty();
    EXPECT_EQ(is_measured, row[images.column("prediction")] != "Normal");
    if (is_measured) ++measured;
  }
  EXPECT_EQ(metrics()["heat_inside_lungs"]["images"], measured);
  EXPECT_GT(measured, 0U);
}

TEST_F(EvaluateProgram, AFolderHasASubFolderForEachClass) {
  fs::create_directory(folder_ / "data" / "notes");  // without images it is no class
  const Outcome outcome = classify("data");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto figures = metrics();
  EXPECT_EQ(figures["images"], 9);
  EXPECT_EQ(figures["overall"]["classes"]["Normal"]["images"], 5);
  EXPECT_EQ(figures["overall"]["classes"]["COVID-19"]["images"], 4);
  EXPECT_EQ(figures["patients"], 9);
}

TEST_F(EvaluateProgram, ResultsOfCxrInferGiveTheSameFigures) {
  ASSERT_EQ(classify("labels.csv", {"--split", "val"}).status, 0);
  const auto run = metrics();
  fs::create_directory(folder_ / "all");
  for (const char* label : {"Normal", "COVID-19"}) {
    fs::copy(folder_ / "data" / label, folder_ / "all");
  }
  const Outcome infer = run_program(
      {std::string(CXR_PROGRAMS) + "/cxr-infer", "--config", config_, "--xraypath", file("all")});
  ASSERT_EQ(infer.status, 0) << infer.err;
  std::ofstream(file("results.csv")) << infer.out;
  const Outcome outcome = evaluate("classification", "labels.csv",
                                   {"--split", "val", "--results", file("results.csv")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto table = metrics();
  EXPECT_EQ(table["overall"]["confusion"], run["overall"]["confusion"]);
  EXPECT_NEAR(table["overall"]["brier_score"]["value"], run["overall"]["brier_score"]["value"],
              1e-4);
  EXPECT_TRUE(table["heat_inside_lungs"]["mean"]["value"].is_null());
  EXPECT_TRUE(fs::is_empty(out_ / "mistakes")) << "pictures of another run";
}

// Names below a folder tell images of one name apart; a spreadsheet's guard is no part of a name.
TEST_F(EvaluateProgram, ResultsOfAWholeTreeAreMatchedByTheEndOfThePath) {
  fs::rename(file("data/Normal/0.png"), file("data/-0.png"));
  std::ofstream(file("tree.csv")) << "image,label\ndata/Normal/2.png,Normal\n"
                                     "data/COVID-19/1.png,COVID-19\ndata/-0.png,Normal\n";
  const Outcome infer = run_program(
      {std::string(CXR_PROGRAMS) + "/cxr-infer", "--config", config_, "--recursive", file("data")});
  std::ofstream(file("results.csv")) << infer.out;
  ASSERT_TRUE(contains(infer.out, "'-0.png,") && contains(infer.out, "Normal/2.png,"));
  const Outcome outcome =
      evaluate("classification", "tree.csv", {"--results", file("results.csv")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(metrics()["overall"]["images"], 3);
}

TEST_F(EvaluateProgram, AnImageThatCannotBeReadIsListedAndTheRestStands) {
  std::ofstream(file("data/Normal/0.png")) << "no image";
  fs::remove(file("data/COVID-19/1.png"));
  const Outcome outcome = classify("labels.csv");
  EXPECT_EQ(outcome.status, 4);
  EXPECT_TRUE(contains(outcome.err, "9 images, 2 failed")) << outcome.err;
  const auto figures = metrics();
  EXPECT_EQ(figures["failed"], 2);
  EXPECT_EQ(figures["overall"]["images"], 7);
  EXPECT_TRUE(contains(report(), "## Failed images"));
  EXPECT_TRUE(contains(report(), "| data/COVID-19/1.png |"));
}

TEST_F(EvaluateProgram, WhereAllFailTheReportStillHasNoFiguresThatAreNot) {
  for (const char* label : {"Normal", "COVID-19"}) fs::remove_all(folder_ / "data" / label);
  EXPECT_EQ(classify("labels.csv").status, 4);
  EXPECT_TRUE(metrics()["overall"]["accuracy"]["value"].is_null());
  EXPECT_TRUE(contains(report(), "| Accuracy | – |"));
}

TEST_F(EvaluateProgram, LabelsThatAreNoClassEndTheRunBeforeItBegins) {
  fs::copy(file("data/Normal/0.png"), file("flu.png"));
  std::ofstream(file("labels.csv"), std::ios::app) << "flu.png,Flu,val,x,p\n";
  const Outcome outcome = classify("labels.csv");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.err, "unknown labels: 'Flu' (line ")) << outcome.err;
  EXPECT_FALSE(fs::exists(out_));
  fs::create_directories(file("data/Flu"));
  fs::copy(file("data/Normal/0.png"), file("data/Flu/0.png"));
  const Outcome of_folder = classify("data");
  EXPECT_EQ(of_folder.status, 2);
  EXPECT_TRUE(contains(of_folder.err, "'Flu' (Flu/0.png)")) << of_folder.err;
}

TEST_F(EvaluateProgram, AManifestWithoutLabelsIsWrongUsage) {
  std::ofstream(file("labels.csv")) << "image,lable\na.png,Normal\n";
  const Outcome outcome = classify("labels.csv");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.err, "has no column 'label'; its columns: image, lable"))
      << outcome.err;
}

TEST_F(EvaluateProgram, APictureWithoutLungsIsRightIfNoneAreFound) {
  cv::imwrite(file("black.png"), cv::Mat(160, 180, CV_8UC1, cv::Scalar(0)));
  std::ofstream(file("masks.csv")) << "image,mask\nblack.png,none\ndata/Normal/0.png,none\n";
  const Outcome outcome = segment();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(metrics()["overall"]["dice"]["mean"]["value"], 0.5) << outcome.out;
}

TEST_F(EvaluateProgram, SegmentationGivesReportFiguresAndContours) {
  const Outcome outcome = segment({"--worst", "3"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "IoU of the lung box")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "Spearman")) << outcome.out;
  const auto figures = metrics();
  EXPECT_EQ(figures["images"], 9);
  const double dice = figures["overall"]["dice"]["mean"]["value"];
  EXPECT_GT(dice, 0.3);
  EXPECT_LT(figures["overall"]["iou"]["mean"]["value"], dice);
  EXPECT_LE(figures["overall"]["dice"]["5th_percentile"]["value"],
            figures["overall"]["dice"]["median"]["value"]);
  EXPECT_EQ(figures["by"]["source"]["y"]["images"], 5);
  ASSERT_EQ(figures["worst"].size(), 3U);
  EXPECT_LE(figures["worst"][0]["dice"], figures["worst"][1]["dice"]);
  EXPECT_TRUE(is_drawn(out_ / "worst/01.png", {711, 888}));
  EXPECT_TRUE(contains(report(), "(worst/03.png)"));
  EXPECT_TRUE(is_drawn(out_ / "dice.png", {1100, 800}));
  EXPECT_TRUE(is_drawn(out_ / "quality.png", {1100, 800}));
  const CsvTable images = read_csv(out_ / "images.csv");
  EXPECT_EQ(images.rows.size(), 9U);
  EXPECT_EQ(images.rows[0][images.column("source")], "x");
}

TEST_F(EvaluateProgram, RobustnessComparesTurnedFilmsWithTurnedMasks) {
  const Outcome outcome = segment({"--robustness"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto figures = metrics();
  EXPECT_EQ(figures["changed"].size(), 5U);
  // The tiny segmenter sees only grey levels, so a rotation does not change its result.
  for (const char* turn : {"rotated by 90 degrees", "rotated by 180 degrees", "mirrored"}) {
    for (const char* figure : {"dice", "box_iou"}) {
      EXPECT_NEAR(figures["changed"][turn][figure]["mean"]["value"],
                  figures["overall"][figure]["mean"]["value"], 0.03)
          << turn << ", " << figure;
    }
  }
  EXPECT_LT(figures["changed"]["inverted"]["dice"]["mean"]["value"],
            figures["overall"]["dice"]["mean"]["value"]);
  EXPECT_TRUE(contains(report(), "| contrast reduced to a quarter |"));
  EXPECT_TRUE(contains(outcome.out, "IoU of the lung box, mirrored")) << outcome.out;
}

TEST_F(EvaluateProgram, MasksThatCannotBeComparedAreFailedImages) {
  cv::imwrite(file("masks/0.png"), cv::Mat(50, 60, CV_8UC1, cv::Scalar(255)));
  cv::imwrite(file("masks/1.png"), cv::Mat(180, 160, CV_8UC1, cv::Scalar(1)));
  fs::remove(file("masks/2.png"));
  const Outcome outcome = segment();
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  EXPECT_EQ(metrics()["failed"], 3);
  for (const char* reason : {"60 x 50, its image 160 x 180", "no white", "masks/2.png"}) {
    EXPECT_TRUE(contains(report(), reason)) << reason;
  }
}

/// Both tasks run where they are told to.
TEST_F(EvaluateProgram, TheDeviceIsNotIgnored) {
  for (const Outcome& outcome :
       {segment({"--device", "cuda:9"}), classify("labels.csv", {"--device", "cuda:9"})}) {
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(contains(outcome.err, "cuda:9")) << outcome.err;
  }
  EXPECT_FALSE(fs::exists(out_ / "metrics.json"));
}

/// The most threads that a programme has at a time; it must succeed.
std::ptrdiff_t most_threads(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::freopen("/dev/null", "w", stdout);
    ::freopen("/dev/null", "w", stderr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  const fs::path tasks = fs::path("/proc") / std::to_string(child) / "task";
  std::ptrdiff_t most = 0;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::error_code gone;
    std::ptrdiff_t count = 0;
    for (fs::directory_iterator task(tasks, gone), end; !gone && task != end;
         task.increment(gone)) {
      ++count;
    }
    most = std::max(most, count);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  EXPECT_EQ(status, 0) << command[1];
  return most;
}

/// Both tasks work on as many threads as they are told to, with the same figures.
TEST_F(EvaluateProgram, TheNumberOfThreadsIsNotIgnored) {
  if (!fs::exists("/proc/self/task")) GTEST_SKIP() << "no /proc here";
  for (const auto& [task, data] :
       {std::pair("segmentation", "masks.csv"), std::pair("classification", "labels.csv")}) {
    std::vector<std::ptrdiff_t> most;
    std::vector<std::string> tables;
    for (const char* threads : {"1", "9"}) {
      most.push_back(most_threads({std::string(CXR_PROGRAMS) + "/cxr-evaluate", task, "--config",
                                   config_, "--data", file(data), "--out", out_, "--bootstrap", "0",
                                   "--batch-size", "1", "--threads", threads}));
      tables.push_back(read_file(out_ / "images.csv"));
    }
    EXPECT_GE(most[1], most[0] + 6) << task;  // it may miss a short-lived one
    EXPECT_EQ(tables[0], tables[1]) << task;
  }
}

TEST_F(EvaluateProgram, PerfectMasksScoreOne) {
  for (int i = 0; i < 9; ++i) {
    const std::string label = i % 2 == 0 ? "Normal" : "COVID-19";
    // Evenly mid-grey: the tiny segmenter calls all of it lung.
    cv::imwrite(file("data/" + label + "/" + std::to_string(i) + ".png"),
                cv::Mat(180, 160, CV_8UC1, cv::Scalar(102)));
    cv::imwrite(file("masks/" + std::to_string(i) + ".png"),
                cv::Mat(180, 160, CV_8UC1, cv::Scalar(255)));
  }
  ASSERT_EQ(segment().status, 0);
  const auto all = metrics()["overall"];
  for (const char* figure : {"dice", "iou", "box_iou"}) {
    EXPECT_NEAR(all[figure]["mean"]["value"], 1, 0.05) << figure;
  }
}

TEST_F(EvaluateProgram, WrongOptionsEndWithTwo) {
  const std::string program = std::string(CXR_PROGRAMS) + "/cxr-evaluate";
  EXPECT_EQ(run_program({program}).status, 2);
  EXPECT_EQ(run_program({program, "classification"}).status, 2);
  EXPECT_EQ(evaluate("classification", "labels.csv").status, 2) << "neither networks nor results";
  EXPECT_EQ(evaluate("segmentation", "masks.csv").status, 2);
  EXPECT_EQ(classify("labels.csv", {"--results", file("results.csv")}).status, 2);
  EXPECT_EQ(classify("nowhere.csv").status, 2);
  EXPECT_EQ(classify("masks").status, 2) << "has no sub-folders";
  EXPECT_EQ(classify("labels.csv", {"--split", "test"}).status, 2);
  EXPECT_EQ(classify("labels.csv", {"--worst", "-1"}).status, 2);
  EXPECT_EQ(classify("data", {"--split", "val"}).status, 2);
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(EvaluateProgram, OutputsMustNotLieAmongTheRadiographs) {
  for (const char* out : {"data", "data/report", "data/Normal"}) {
    const Outcome outcome =
        run_program({std::string(CXR_PROGRAMS) + "/cxr-evaluate", "classification", "--config",
                     config_, "--data", file("data"), "--out", file(out)});
    EXPECT_EQ(outcome.status, 2) << out << outcome.err;
  }
  EXPECT_FALSE(fs::exists(folder_ / "data" / "mistakes"));
  EXPECT_FALSE(fs::exists(folder_ / "data" / "report"));
}

TEST_F(EvaluateProgram, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(file("report")) << "a file";
  const Outcome outcome = classify("labels.csv");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err, "cannot be created: Not a directory")) << outcome.err;
}

TEST_F(EvaluateProgram, HelpNamesBothTasksAndThePurpose) {
  const Outcome outcome = run_program({std::string(CXR_PROGRAMS) + "/cxr-evaluate", "--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* word : {"classification", "segmentation", "Exit status", "not for diagnosis"}) {
    EXPECT_TRUE(contains(outcome.out, word)) << word;
  }
}

TEST(EvaluateShippedModels, LungsOfRealRadiographsAreFoundInOtherHospitalsToo) {
  const fs::path root(CXR_SOURCE_DIR);
  const fs::path data = root / ".." / "shared" / "data" / "segmentation" / "manifest.csv";
  if (!fs::exists(data)) GTEST_SKIP() << "the real radiographs are not here";
  // A few of each source are enough; all of them take half a minute.
  const TempDir folder;
  const CsvTable all = read_csv(data);
  std::map<std::string, int> taken;
  std::ofstream manifest(folder / "manifest.csv");
  manifest << "image,mask,source\n";
  for (const auto& row : all.rows) {
    const std::string& source = row[all.column("source")];
    if (row[all.column("split")] != "val" || ++taken[source] > 3) continue;
    manifest << (data.parent_path() / row[all.column("image")]).string() << ","
             << (data.parent_path() / row[all.column("mask")]).string() << "," << source << "\n";
  }
  manifest.close();
  const Outcome outcome =
      run_program({std::string(CXR_PROGRAMS) + "/cxr-evaluate", "segmentation", "--config",
                   root / "config" / "model-config.json", "--data", folder / "manifest.csv",
                   "--out", folder / "out", "--worst", "0", "--bootstrap", "0"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto figures = nlohmann::json::parse(read_file(folder / "out" / "metrics.json"));
  EXPECT_GE(figures["by"]["source"].size(), 3U);
  for (const auto& [source, measures] : figures["by"]["source"].items()) {
    EXPECT_GT(measures["dice"]["mean"]["value"], 0.85) << source;
    EXPECT_GT(measures["box_iou"]["mean"]["value"], 0.85) << source;
  }
}

}  // namespace
}  // namespace cxr::test
