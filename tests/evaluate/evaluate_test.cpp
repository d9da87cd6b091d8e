#include "cxr/evaluate.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/csv.h"
#include "cxr/error.h"
#include "evaluate/heat_inside_lungs.h"
#include "infer/result_format.h"
#include "support/look.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

using test::contains;
using test::read_file;

namespace fs = std::filesystem;

/// A manifest, and results of cxr-infer for its images.
class EvaluateResults : public testing::Test {
 protected:
  EvaluateResults() {
    write(manifest_,
          "image,label,split,source,patient\n"
          "a/1.png,COVID-19,val,x,p1\n"
          "a/2.png,COVID-19,val,x,p1\n"
          "a/3.png,Normal,val,x,p2\n"
          "a/4.png,Normal,val,y,\n"
          "a/5.png,Normal,train,y,p4\n");
    std::string table = csv_line(result_columns(classes_));
    table += row("1.png", {0.8F, 0.1F, 0.1F}) + row("2.png", {0.3F, 0.6F, 0.1F});
    table += row("3.png", {0.2F, 0.7F, 0.1F}) + row("4.png", {0.5F, 0.4F, 0.1F});
    table += row("5.png", {0.1F, 0.8F, 0.1F});
    write(results_, table);
  }

  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }
  static void append(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary | std::ios::app) << text;
  }

  std::string row(const std::string& name, std::vector<float> probabilities) const {
    Result result;
    result.name = name;
    const auto best = std::ranges::max_element(probabilities);
    result.predicted = static_cast<std::size_t>(best - probabilities.begin());
    result.prediction = classes_[result.predicted];
    result.probabilities = std::move(probabilities);
    result.lungs = {{1, 2, 30, 40}, 0.95};
    return csv_line(result_cells(result, classes_));
  }

  nlohmann::json metrics() const { return nlohmann::json::parse(read_file(out_ / "metrics.json")); }
  std::string report() const { return read_file(out_ / "report.md"); }

  std::string error_of() const {
    try {
      evaluate_results(results_, request_);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  std::vector<std::string> classes_{"COVID-19", "Normal", "Pneumonia"};
  test::TempDir folder_;
  fs::path manifest_ = folder_ / "manifest.csv";
  fs::path results_ = folder_ / "results.csv";
  fs::path out_ = folder_ / "out";
  EvaluationRequest request_{.data = manifest_, .out = out_, .split = "val", .bootstrap = 50};
};

TEST_F(EvaluateResults, FiguresMatchAManualCalculation) {
  const EvaluationSummary summary = evaluate_results(results_, request_);
  EXPECT_EQ(summary.images, 4U);
  EXPECT_EQ(summary.failed, 0U);
  EXPECT_TRUE(summary.notes.empty());
  const auto json = metrics();
  EXPECT_EQ(json["patients"], 3);
  const auto& all = json["overall"];
  EXPECT_EQ(all["confusion"].dump(), "[[1,1,0],[1,1,0],[0,0,0]]");
  EXPECT_DOUBLE_EQ(all["accuracy"]["value"], 0.5);
  EXPECT_DOUBLE_EQ(all["balanced_accuracy"]["value"], 0.5);
  EXPECT_DOUBLE_EQ(all["classes"]["COVID-19"]["positive_predictive_value"]["value"], 0.5);
  // P(COVID-19): 0.8, 0.3 of the sick, 0.2, 0.5 of the others: 3 of 4 pairs in order.
  EXPECT_DOUBLE_EQ(all["classes"]["COVID-19"]["auroc"]["value"], 0.75);
  // Squares: 0.06, 0.86, 0.14, 0.62.
  EXPECT_NEAR(all["brier_score"]["value"], (0.06 + 0.86 + 0.14 + 0.62) / 4, 1e-6);
  // Every image has a bin of its own: |0 or 1 - confidence|.
  EXPECT_NEAR(all["calibration_error"]["value"], (0.2 + 0.6 + 0.3 + 0.5) / 4, 1e-6);
}

TEST_F(EvaluateResults, UndefinedFiguresAreNullAndADash) {
  evaluate_results(results_, request_);
  const auto json = metrics();
  EXPECT_TRUE(json["overall"]["classes"]["Pneumonia"]["sensitivity"]["value"].is_null());
  EXPECT_TRUE(json["overall"]["classes"]["Pneumonia"]["auroc"]["low"].is_null());
  EXPECT_TRUE(json["overall"]["pairs"][1]["auroc"]["value"].is_null());
  EXPECT_TRUE(contains(report(), "| Pneumonia | 0 | – | – | – |")) << report();
  for (const std::string& text : {report(), json.dump()}) EXPECT_FALSE(contains(text, "nan"));
}

TEST_F(EvaluateResults, FiguresAreGivenByGroupAndByPairWithinAGroup) {
  evaluate_results(results_, request_);
  const auto by = metrics()["by"];
  EXPECT_EQ(by.size(), 1U) << "patient and split are no groups";
  EXPECT_EQ(by["source"]["x"]["images"], 3);
  EXPECT_EQ(by["source"]["x"]["pairs"][0]["classes"].dump(), R"(["COVID-19","Normal"])");
  // p / (p + q) of COVID-19 and Normal in x: 8/9 and 1/3 against 2/9.
  EXPECT_DOUBLE_EQ(by["source"]["x"]["pairs"][0]["auroc"]["value"], 1);
  EXPECT_TRUE(by["source"]["y"]["pairs"][0]["auroc"]["value"].is_null());
  EXPECT_TRUE(contains(report(), "| x | COVID-19 vs. Normal | 2 + 1 | 1.000"));
}

TEST_F(EvaluateResults, AllRowsCountWithoutASplitAndTheReportSaysWhich) {
  evaluate_results(results_, request_);
  EXPECT_TRUE(contains(report(), "split `val` (1 row of other splits not used)"));
  request_.split.clear();
  EXPECT_EQ(evaluate_results(results_, request_).images, 5U);
  EXPECT_TRUE(contains(report(), "all rows"));
  EXPECT_TRUE(metrics()["split"].is_null());
}

TEST_F(EvaluateResults, TheSameResultsGiveTheSameFiles) {
  evaluate_results(results_, request_);
  const std::string first = read_file(out_ / "metrics.json") + report();
  evaluate_results(results_, request_);
  EXPECT_EQ(first, read_file(out_ / "metrics.json") + report());
  request_.bootstrap = 0;
  evaluate_results(results_, request_);
  EXPECT_TRUE(metrics()["overall"]["accuracy"]["low"].is_null());
  EXPECT_DOUBLE_EQ(metrics()["overall"]["accuracy"]["value"], 0.5);
}

TEST_F(EvaluateResults, ImagesWithoutResultAndResultsWithoutImageAreReported) {
  append(results_, row("other.png", {0.8F, 0.1F, 0.1F}));
  append(results_, "bad.png,,,,error,read: bad.png: is damaged" + std::string(13, ',') + "\n");
  append(manifest_, "a/bad.png,Normal,val,x,p9\na/lost.png,Normal,val,x,p9\n");
  const EvaluationSummary summary = evaluate_results(results_, request_);
  EXPECT_EQ(summary.images, 6U);
  EXPECT_EQ(summary.failed, 2U);
  ASSERT_EQ(summary.notes.size(), 1U);
  EXPECT_TRUE(contains(summary.notes[0], "1 row without an image")) << summary.notes[0];
  const auto json = metrics();
  EXPECT_EQ(json["overall"]["images"], 4);
  EXPECT_EQ(json["failures"][0]["error"], "read: bad.png: is damaged");
  EXPECT_EQ(json["failures"][1]["image"], "a/lost.png");
  EXPECT_EQ(json["unused_results"].dump(), R"(["other.png"])") << "train is left out on purpose";
  for (const char* name : {"a/lost.png", "is damaged", "`other.png`"}) {
    EXPECT_TRUE(contains(report(), name)) << name;
  }
}

TEST_F(EvaluateResults, EveryImageIsARowWithTheColumnsOfTheManifest) {
  evaluate_results(results_, request_);
  const CsvTable table = read_csv(out_ / "images.csv");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.rows[1][table.column("image")], "a/2.png");
  EXPECT_EQ(table.rows[1][table.column("label")], "COVID-19");
  EXPECT_EQ(table.rows[1][table.column("prediction")], "Normal");
  EXPECT_EQ(table.rows[1][table.column("P(Normal)")], "0.600000");
  EXPECT_EQ(table.rows[3][table.column("source")], "y");
  EXPECT_EQ(table.rows[3][table.column("patient")], "");
}

TEST_F(EvaluateResults, TheMostConfidentMistakesComeFirst) {
  request_.worst = 1;
  evaluate_results(results_, request_);
  const auto mistakes = metrics()["mistakes"];
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0]["image"], "a/2.png");
  EXPECT_TRUE(mistakes[0]["picture"].is_null());
  EXPECT_TRUE(contains(report(), "2 of 4 predictions are wrong"));
}

TEST_F(EvaluateResults, AllUnknownLabelsAreNamedWithTheirLines) {
  append(manifest_, "b.png,covid,val,x,\nc.png,Flu,val,x,\nd.png,covid,val,x,\n");
  const std::string error = error_of();
  for (const char* part :
       {"'covid' (lines 7, 9)", "'Flu' (line 8)", "COVID-19, Normal, Pneumonia"}) {
    EXPECT_TRUE(contains(error, part)) << error;
  }
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(EvaluateResults, BadRowsOfTheManifestAreAllNamed) {
  append(manifest_, ",Normal,val,x,\ne.png,,val,x,\na/1.png,Normal,val,x,\n");
  const std::string error = error_of();
  for (const char* part : {"3 bad rows", "line 7: image is empty", "line 8: label is empty",
                           "line 9: 'a/1.png' is already on line 2"}) {
    EXPECT_TRUE(contains(error, part)) << error;
  }
}

TEST_F(EvaluateResults, AnUnknownSplitIsAnErrorThatNamesTheKnownOnes) {
  request_.split = "test";
  EXPECT_TRUE(contains(error_of(), "no rows of split 'test'; its splits: train, val"))
      << error_of();
  write(manifest_, "image,label\n1.png,Normal\n");
  EXPECT_TRUE(contains(error_of(), "no column 'split'")) << error_of();
}

TEST_F(EvaluateResults, AmbiguousNamesAreErrors) {
  append(manifest_, "b/1.png,Normal,val,x,\n");
  EXPECT_TRUE(contains(error_of(), "'1.png' may be 'a/1.png' or 'b/1.png'")) << error_of();
}

TEST_F(EvaluateResults, InvalidResultsAreErrorsWithTheirLine) {
  const std::string good = read_file(results_);
  append(results_, row("1.png", {0.8F, 0.1F, 0.1F}));
  EXPECT_TRUE(contains(error_of(), "line 7: '1.png' appears twice")) << error_of();
  write(results_, "Image,Prediction\n1.png,Normal\n");
  EXPECT_TRUE(contains(error_of(), "P(CLASS)")) << error_of();
  for (const auto& [from, to] : {std::pair{"0.800000", "1.800000"},
                                 {"0.800000", "0.100000"},
                                 {"0.800000", "much"},
                                 {"COVID-19,0.8", "Flu,0.8"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), std::string(from).size(), to);
    write(results_, bad);
    EXPECT_TRUE(contains(error_of(), "line 2")) << error_of();
  }
}

TEST_F(EvaluateResults, TheReportCannotOverwriteTheData) {
  request_.out = folder_ / "a";
  fs::create_directory(request_.out);
  EXPECT_TRUE(contains(error_of(), "contains the radiographs")) << error_of();
  request_.out = folder_.path();
  fs::rename(manifest_, folder_ / "images.csv");
  request_.data = folder_ / "images.csv";
  EXPECT_TRUE(contains(error_of(), "overwrite the manifest, images.csv")) << error_of();
}

TEST_F(EvaluateResults, OnlyPicturesOfAnEarlierReportAreRemoved) {
  fs::create_directories(out_ / "mistakes");
  for (const char* name : {"07.png", "mine.png", "7.png"}) write(out_ / "mistakes" / name, "x");
  evaluate_results(results_, request_);
  EXPECT_FALSE(fs::exists(out_ / "mistakes" / "07.png"));
  EXPECT_TRUE(fs::exists(out_ / "mistakes" / "mine.png"));
  EXPECT_TRUE(fs::exists(out_ / "mistakes" / "7.png"));
}

/// A 200 x 100 image that is all crop, with the right half of the mask as lung.
Analysis analysis_with_heat(const std::vector<std::pair<cv::Rect, float>>& heat) {
  Analysis analysis;
  analysis.result.image_size = {200, 100};
  analysis.result.crop = {0, 0, 200, 100};
  analysis.result.lungs = {{100, 0, 100, 100}, 0.9};
  analysis.intermediates.lung_mask = cv::Mat::zeros(50, 50, CV_8UC1);
  analysis.intermediates.lung_mask.colRange(25, 50) = 255;
  analysis.intermediates.heat_map = cv::Mat::zeros(100, 200, CV_32FC1);
  for (const auto& [where, value] : heat) analysis.intermediates.heat_map(where) = value;
  return analysis;
}

// The box of the lungs is that of inference: a speck widens it only where specks count.
TEST(EvaluateSegmentation, BoxesFollowTheSmallestComponent) {
  const test::TempDir folder;
  cv::Mat film(256, 256, CV_8UC1, cv::Scalar(255)), mask(film.size(), CV_8UC1, cv::Scalar(0));
  for (cv::Mat* each : {&film, &mask}) {
    cv::ellipse(*each, {160, 160}, {50, 60}, 0, 0, 360, each == &film ? 100 : 255, cv::FILLED);
  }
  cv::rectangle(film, {8, 8, 12, 12}, 100, cv::FILLED);  // lung to the tiny segmenter; below 1 %
  cv::imwrite((folder / "film.png").string(), film);
  cv::imwrite((folder / "mask.png").string(), mask);
  std::ofstream(folder / "manifest.csv") << "image,mask\nfilm.png,mask.png\n";
  Configuration configuration = load_configuration(test::write_tiny_setup(folder.path()));
  const auto box_iou = [&](double smallest_component) {
    configuration.pipeline.smallest_component = smallest_component;
    evaluate_segmentation(configuration,
                          {.data = folder / "manifest.csv", .out = folder / "out", .split = ""},
                          [](const std::string&, std::size_t, std::size_t) {});
    const CsvTable images = read_csv(folder / "out" / "images.csv");
    return std::stod(images.rows.at(0)[images.column("box_iou")]);
  };
  EXPECT_GT(box_iou(0.01), 0.8);
  EXPECT_LT(box_iou(0), 0.6);
}

TEST(HeatInsideLungs, HeatCountsByItsMassAndOnlyWhereItIsHottest) {
  const cv::Rect outside(10, 10, 10, 10);
  const cv::Rect inside(150, 10, 10, 20);
  const cv::Rect lukewarm(10, 50, 40, 40);
  const Analysis analysis = analysis_with_heat({{outside, 1.0F}, {inside, 0.9F}, {lukewarm, 0.7F}});
  EXPECT_NEAR(*heat_inside_lungs(analysis), 180.0 / 280, 1e-6);
}

TEST(HeatInsideLungs, LungsAreWidenedByATwentiethOfTheirBox) {
  EXPECT_EQ(heat_inside_lungs(analysis_with_heat({{{96, 10, 1, 1}, 1.0F}})), 1);
  EXPECT_EQ(heat_inside_lungs(analysis_with_heat({{{92, 10, 1, 1}, 1.0F}})), 0);
}

TEST(HeatInsideLungs, TheCropsPlaceInTheImageCounts) {
  Analysis analysis = analysis_with_heat({});
  analysis.result.crop = {100, 0, 100, 100};
  analysis.intermediates.heat_map = cv::Mat::ones(100, 100, CV_32FC1);
  EXPECT_EQ(heat_inside_lungs(analysis), 1);
}

TEST(HeatInsideLungs, WithoutLungsOrHeatThereIsNothingToMeasure) {
  EXPECT_FALSE(heat_inside_lungs(analysis_with_heat({})));
  Analysis analysis = analysis_with_heat({{{150, 10, 9, 9}, 1.0F}});
  analysis.result.lungs = {};
  EXPECT_FALSE(heat_inside_lungs(analysis));
}

}  // namespace
}  // namespace cxr
