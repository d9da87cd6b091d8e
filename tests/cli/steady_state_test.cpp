// What a film costs once the program is under way, by counts that neither a busy machine nor a slow
// one moves: time would have to be compared with limits so wide that they find nothing.

#include <gtest/gtest.h>

#include "support/infer_program.h"

namespace cxr::test {
namespace {

class SteadyState : public InferProgram {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  }

  /// Runs on so many copies of a film, of a size that is usual, with heat maps.
  Outcome run_on(int films) const {
    const fs::path images = folder_ / ("images-" + std::to_string(films));
    fs::create_directory(images);
    for (int i = 0; i < films; ++i) {
      fs::copy_file(kSource / "images" / "samples" / "clear_1024.png",
                    images / (std::to_string(i) + ".png"));
    }
    const fs::path pictures = images.string() + "-pictures";
    Outcome outcome =
        infer({"--config", config_, "--threads", "1", "--heatmappath", pictures, images});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome;
  }
};

// Measured: 0.2 page faults a film. Where glibc may return large blocks to the kernel, there are
// 3,300, a fifth of the time of the real networks. The processes that read images are counted too.
TEST_F(SteadyState, MemoryIsUsedAgainFromFilmToFilm) {
  constexpr int kFew = 10, kMany = 50;
  constexpr std::int64_t kMostFaultsPerFilm = 100;
  const Outcome few = run_on(kFew);
  const Outcome many = run_on(kMany);
  EXPECT_LT(many.page_faults, few.page_faults + kMostFaultsPerFilm * (kMany - kFew));
  // A film that is never released is 1 MiB.
  EXPECT_LT(many.peak_bytes, few.peak_bytes + 10 * kMebibyte);
}

// The files hold half precision: the weights in float32 are twice their sizes, and packing them
// takes as much for a moment. Measured: 3.5 to 3.9 sizes; 4.4 to 4.6 where the unpacked weights
// stay until the network is ready.
TEST_F(SteadyState, LoadingKeepsNoSecondCopyOfTheWeights) {
  constexpr double kMostSizes = 4.15;
  const fs::path film = kSource / "images" / "samples" / "clear_1024.png";
  const auto peak_with = [&](const fs::path& config) {
    const Outcome outcome = infer({"--config", config, "--threads", "1", film});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return static_cast<double>(outcome.peak_bytes);
  };
  const fs::path models = kSource / "models";
  const auto sizes = static_cast<double>(fs::file_size(models / "segmenter.pt") +
                                         fs::file_size(models / "classifier.pt"));
  EXPECT_LT(peak_with(kSource / "config" / "model-config.json"),
            peak_with(config_) + kMostSizes * sizes);
}

}  // namespace
}  // namespace cxr::test
