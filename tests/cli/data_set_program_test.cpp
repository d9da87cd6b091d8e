#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/csv.h"
#include "support/look.h"
#include "support/phantom.h"
#include "support/run_program.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr::test {
namespace {

namespace fs = std::filesystem;

/// From published collections to a data set, a model and its evaluation, by the programs alone, as
/// in the data sets' README.
class DataSetProgram : public testing::Test {
 protected:
  DataSetProgram() { write_tiny_setup(folder_.path()); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  cv::Mat draw(const std::string& name, int opacities = 0) {
    const Phantom phantom =
        make_phantom({.size = {96, 96}, .seed = ++seed_, .opacities = opacities});
    fs::create_directories((folder_ / name).parent_path());
    cv::imwrite(file(name), phantom.image);
    return phantom.lungs;
  }

  /// Six patients with a film and a mask of each lung.
  void write_montgomery() {
    for (const char* side : {"leftMask", "rightMask"}) {
      fs::create_directories(folder_ / "m/ManualMask" / side);
    }
    for (int i = 1; i <= 6; ++i) {
      const std::string name = "MCUCXR_000" + std::to_string(i) + "_0.png";
      cv::Mat right = draw("m/CXR_png/" + name);
      cv::Mat left = right.clone();
      right.colRange(48, 96) = 0;
      left.colRange(0, 48) = 0;
      cv::imwrite(file("m/ManualMask/leftMask/" + name), left);
      cv::imwrite(file("m/ManualMask/rightMask/" + name), right);
    }
  }

  /// Sick patients of Cohen's, of whom two are for testing, and normal ones of RSNA's.
  void write_covidx_sources() {
    std::string cohen = "patientid,offset,finding,view,filename,url\n";
    for (int i = 0; i < 10; ++i) {
      const std::string name = "film " + std::to_string(i) + ".png";
      draw("cohen/images/" + name, 6);
      cohen += std::to_string(i) + ",0," +
               (i % 2 == 0 ? "Pneumonia/Viral/COVID-19" : "Pneumonia/Viral/SARS") + ",PA," + name +
               ",\n";
    }
    std::string details = "patientId,class\n", boxes = "patientId,x,y,width,height,Target\n";
    for (int i = 0; i < 6; ++i) {
      const std::string name = "n" + std::to_string(i);
      draw("rsna/stage_2_train_images/" + name + ".png");
      details += name + ",Normal\n";
      boxes += name + ",,,,,0\n";
    }
    std::ofstream(file("cohen/metadata.csv")) << cohen;
    std::ofstream(file("rsna/stage_2_detailed_class_info.csv")) << details;
    std::ofstream(file("rsna/stage_2_train_labels.csv")) << boxes;
    std::ofstream(file("tests.json")) << R"({"COVID-19": ["0"], "pneumonia": ["1"]})";
  }

  void run(const std::string& program, std::vector<std::string> words) const {
    words.insert(words.begin(), std::string(CXR_PROGRAMS) + "/" + program);
    const Outcome outcome = run_program(words);
    ASSERT_EQ(outcome.status, 0) << program << " " << words[1] << ": " << outcome.err;
  }
  void train(std::vector<std::string> words) const {
    words.insert(words.end(), {"--epochs", "1", "--batch-size", "2", "--side", "64"});
    run("cxr-train", words);
  }
  /// Evaluates the models on the films for testing; returns the number of films.
  std::size_t evaluate(const std::string& task, const std::string& data,
                       const std::string& segmenter, const std::string& classifier) const {
    std::ofstream(file("trained.json"))
        << nlohmann::json{{"segmenter", segmenter}, {"classifier", classifier}};
    run("cxr-evaluate", {task, "--config", file("trained.json"), "--data", file(data), "--split",
                         "test", "--out", file("report"), "--bootstrap", "0"});
    return read_csv(folder_ / "report" / "images.csv").rows.size();
  }

  TempDir folder_;
  unsigned seed_ = 0;
};

TEST_F(DataSetProgram, LungsOfASegmentationSetAreLearntAndMeasured) {
  write_montgomery();
  run("cxr-dataset", {"segmentation", "--montgomery", file("m"), "--out", file("lungs"),
                      "--val-fraction", "0.3", "--test-fraction", "0.3"});
  train({"segmenter", "--data", file("lungs/manifest.csv"), "--out", file("s.pt")});
  EXPECT_EQ(evaluate("segmentation", "lungs/manifest.csv", "s.pt", "classifier.pt"), 2U);
  for (const char* made : {"s.pt.samples.png", "s.pt.cases.png"}) {
    EXPECT_FALSE(cv::imread(file(made)).empty()) << made;
  }
}

TEST_F(DataSetProgram, ClassesOfACovidxSetAreLearntAndMeasuredWithAndWithoutRegions) {
  write_covidx_sources();
  run("cxr-dataset", {"covidx", "--cohen", file("cohen"), "--rsna", file("rsna"), "--test-patients",
                      file("tests.json"), "--val-fraction", "0.3", "--test-fraction", "0.2",
                      "--out", file("covidx")});
  train({"classifier", "--data", file("covidx/manifest.csv"), "--segmenter", file("segmenter.pt"),
         "--out", file("c.pt")});
  EXPECT_EQ(evaluate("classification", "covidx/manifest.csv", "segmenter.pt", "c.pt"), 3U);
  for (const char* made : {"c.pt.samples.png", "c.pt.cases.png"}) {
    EXPECT_FALSE(cv::imread(file(made)).empty()) << made;
  }

  run("cxr-dataset", {"regions", "--config", file("config.json"), "--data", file("covidx"), "--out",
                      file("found")});
  train({"classifier", "--data", file("found/manifest.csv"), "--regions", file("found/regions.csv"),
         "--out", file("r.pt")});
  EXPECT_EQ(evaluate("classification", "found/manifest.csv", "segmenter.pt", "r.pt"), 3U);
}

}  // namespace
}  // namespace cxr::test
