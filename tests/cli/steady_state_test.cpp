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

}  // namespace
}  // namespace cxr::test
