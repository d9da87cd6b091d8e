// The shipped models on the sample radiographs: what must not change a result.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/core/types.hpp>
#include <sstream>

#include "support/infer_program.h"

namespace cxr::test {
namespace {

using nlohmann::json;
using Results = std::map<std::string, json>;

/// Each image's result, without its times.
Results results_of(const std::vector<std::string>& images, const std::vector<std::string>& more,
                   const std::vector<std::string>& environment = {}) {
  std::vector<std::string> command{"/usr/bin/env"};
  command.insert(command.end(), environment.begin(), environment.end());
  for (const std::string& word :
       {std::string(CXR_PROGRAMS) + "/cxr-infer", std::string("--config"),
        (kSource / "config" / "model-config.json").string(), std::string("--no-progress"),
        std::string("--format"), std::string("jsonl")}) {
    command.push_back(word);
  }
  command.insert(command.end(), more.begin(), more.end());
  command.insert(command.end(), images.begin(), images.end());
  RunOptions options;
  options.time_limit = 600;
  const Outcome outcome = run_program(command, options);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  Results results;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    json result = json::parse(line);
    result.erase("milliseconds");
    results[result.at("image")] = result;
  }
  return results;
}

std::vector<std::string> samples() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(kSource / "images" / "samples")) {
    files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

class Determinism : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "takes minutes with sanitizers, and shows no more";
#endif
  }
};

TEST_F(Determinism, NeitherThreadsNorBatchesNorOrderChangeABit) {
  std::vector<std::string> images = samples();
  const Results first = results_of(images, {"--threads", "1", "--batch-size", "1"});
  ASSERT_EQ(first.size(), images.size());
  EXPECT_EQ(results_of(images, {"--threads", "2", "--batch-size", "3"}), first);
  EXPECT_EQ(results_of(images, {"--threads", "4", "--batch-size", "1"}), first);
  EXPECT_EQ(results_of(images, {"--threads", "1", "--batch-size", "16"}), first);
  std::ranges::reverse(images);
  EXPECT_EQ(results_of(images, {"--threads", "2", "--batch-size", "3"}), first);
}

cv::Rect box_of(const json& result) {
  const auto box = result.at("lung_box").get<std::array<int, 4>>();
  return {box[0], box[1], box[2], box[3]};
}

/// Precision may move a box by a pixel of the mask, and then the classifier sees another crop.
TEST_F(Determinism, NorDoTheyInBfloat16WhichMovesLittle) {
  const std::vector<std::string> images = samples();
  const std::vector<std::string> one{"--threads", "1", "--batch-size", "1"};
  const auto rounded = [](std::vector<std::string> options) {
    options.insert(options.end(), {"--precision", "bfloat16"});
    return options;
  };
  const Results first = results_of(images, rounded(one));
  EXPECT_EQ(results_of(images, rounded({"--threads", "2", "--batch-size", "3"})), first);
  std::ptrdiff_t moved = 0;
  for (const auto& [name, exact] : results_of(images, one)) {
    const cv::Rect box = box_of(exact), rounded_box = box_of(first.at(name));
    moved += box != rounded_box;
    EXPECT_GT((box & rounded_box).area(), 0.98 * (box | rounded_box).area()) << name;
    EXPECT_EQ(exact.at("prediction"), first.at(name).at("prediction")) << name;
    const double tolerance = box == rounded_box ? 0.02 : 0.1;
    for (const auto& [label, probability] : exact.at("probabilities").items()) {
      EXPECT_NEAR(probability, first.at(name).at("probabilities").at(label), tolerance) << name;
    }
  }
  EXPECT_LE(moved, 1) << "boxes moved";
}

/// The libraries choose other instructions on other processors.
TEST_F(Determinism, OtherProcessorsGiveTheSameProbabilities) {
  const std::vector<std::string> images = samples(), options{"--threads", "2"};
  const Results first = results_of(images, options);
  for (const auto& [onednn, aten] : {std::pair("SSE41", "default"), std::pair("AVX2", "avx2")}) {
    const Results other = results_of(
        images, options,
        {std::string("ONEDNN_MAX_CPU_ISA=") + onednn, std::string("ATEN_CPU_CAPABILITY=") + aten});
    ASSERT_EQ(other.size(), first.size());
    for (const auto& [name, result] : other) {
      for (const auto& [label, probability] : result.at("probabilities").items()) {
        EXPECT_NEAR(probability, first.at(name).at("probabilities").at(label), 1e-5) << name;
      }
      EXPECT_EQ(result.at("lung_box"), first.at(name).at("lung_box")) << name;
    }
  }
}

}  // namespace
}  // namespace cxr::test
