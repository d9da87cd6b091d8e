// What several threads share, for ThreadSanitizer to watch. The networks are stubs. parallel_for()
// is left out: it is OpenCV's, whose locks ThreadSanitizer does not see.

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "cxr/infer.h"
#include "read/memory_budget.h"
#include "support/dicom_file.h"
#include "support/phantom.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

void on_threads(int count, const std::function<void(int)>& step) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(step, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(RaceTest, TheMemoryBudgetIsNeverExceeded) {
  MemoryBudget budget(10);
  std::atomic<int> taken = 0;
  on_threads(8, [&](int i) {
    for (int round = 0; round < 200; ++round) {
      const int bytes = 1 + (i + round) % 5;
      const MemoryBudget::Share share(budget, static_cast<std::uint64_t>(bytes));
      EXPECT_LE(taken += bytes, 10);
      taken -= bytes;
    }
  });
}

/// Films of several formats, one of them damaged.
void write_films(const fs::path& folder) {
  fs::create_directories(folder);
  for (unsigned i = 0; i < 6; ++i) {
    const cv::Mat film = test::make_phantom({.size = {160, 150}, .seed = i}).image;
    const std::string name = (folder / std::to_string(i)).string();
    cv::imwrite(name + ".png", film);
    cv::imwrite(name + ".jpg", film);
    test::write_dicom(name + ".dcm", {.samples = film, .syntax = EXS_JPEGProcess14SV1});
  }
  std::ofstream(folder / "damaged.png") << "damaged";
}

ModelSource stub(const fs::path& file, Contract::Kind kind) {
  std::ofstream(file) << name_of(kind);
  Contract contract;
  contract.kind = kind;
  contract.input.width = contract.input.height = 64;
  contract.classes = {"background", "lung"};
  if (kind == Contract::Kind::classifier) contract.classes = {"COVID-19", "Normal", "Pneumonia"};
  return {file, contract};
}

TEST(RaceTest, ARunWithAllItsSinks) {
  const test::TempDir folder;
  write_films(folder / "films");
  Configuration configuration;
  configuration.threads = 4;
  configuration.batch_size = 2;
  configuration.heatmap.figsize = 2;
  configuration.pipeline.segmenter = stub(folder / "s.pt", Contract::Kind::segmenter);
  configuration.pipeline.classifier = stub(folder / "c.pt", Contract::Kind::classifier);
  InferenceRequest request;
  request.radiographs = {folder / "films"};
  request.output = folder / "output";
  request.if_exists = IfExists::resume;
  request.dicom_uids = true;
  request.save = {PictureKind::overlay, PictureKind::panels, PictureKind::mask, PictureKind::crop};
  const auto run = [&](std::size_t most) {
    std::ostringstream table;
    return infer(configuration, request, table,
                 [&](std::size_t done, std::size_t, std::size_t) { return done < most; });
  };
  EXPECT_TRUE(run(5).interrupted);
  const InferenceSummary summary = run(100);
  EXPECT_EQ(summary.done, 19U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_GT(summary.kept, 0U);
  EXPECT_LT(summary.kept, 19U);
}

}  // namespace
}  // namespace cxr
