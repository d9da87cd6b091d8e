#include "train/temperature.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cxr {
namespace {

/// With the same logits (a, 0) everywhere, the most probable temperature makes the softmax equal
/// the share p of label 0: a / T = log(p / (1 - p)).
TEST(Temperature, IsTheOneUnderWhichConfidenceIsTheShareOfRightAnswers) {
  NdArray logits({10, 2});
  for (std::size_t i = 0; i < 10; ++i) logits.at(i)[0] = 4.0F;
  std::vector<std::size_t> labels(10, 0);
  labels[0] = labels[1] = 1;
  EXPECT_NEAR(fit_temperature(logits, labels), 4.0 / std::log(0.8 / 0.2), 1e-3);
}

TEST(Temperature, StaysInItsRangeWhereNothingIsWrong) {
  NdArray logits({4, 3});
  for (std::size_t i = 0; i < 4; ++i) logits.at(i)[1] = 1.0F;
  EXPECT_NEAR(fit_temperature(logits, {1, 1, 1, 1}), 0.05, 1e-3);
  EXPECT_NEAR(fit_temperature(logits, {0, 0, 0, 0}), 20, 1e-2);
}

TEST(Temperature, HugeLogitsDoNotOverflow) {
  NdArray logits({2, 2});
  logits.values = {1e4F, 0, 0, 1e4F};
  EXPECT_TRUE(std::isfinite(fit_temperature(logits, {0, 1})));
}

}  // namespace
}  // namespace cxr
