#include "pipeline/classify.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cxr {
namespace {

NdArray row_of(const std::vector<float>& values) {
  NdArray row({1, static_cast<std::int64_t>(values.size())});
  row.values = values;
  return row;
}

TEST(Classify, LogitsAreDividedByTheTemperatureAndThenMovedByTheOffsets) {
  Contract contract;
  contract.temperature = 2;
  EXPECT_EQ(calibrated(row_of({4, 0, -2}), contract).values, (std::vector{2.0F, 0.0F, -1.0F}));
  contract.offsets = {-1, 0.5F, 0};
  EXPECT_EQ(calibrated(row_of({4, 0, -2}), contract).values, (std::vector{1.0F, 0.5F, -1.0F}));
}

TEST(Classify, OffsetsAreThoseOfTheClassInEveryRow) {
  Contract contract;
  contract.offsets = {1, 2};
  NdArray logits({2, 2});
  EXPECT_EQ(calibrated(logits, contract).values, (std::vector{1.0F, 2.0F, 1.0F, 2.0F}));
}

TEST(Classify, SoftmaxOfHugeLogitsIsFinite) {
  const NdArray probabilities = softmax(row_of({1e4F, 0, 1e4F}));
  EXPECT_FLOAT_EQ(probabilities.values[0], 0.5F);
  EXPECT_FLOAT_EQ(probabilities.values[1], 0);
  EXPECT_FLOAT_EQ(softmax(row_of({std::log(3.0F), 0})).values[0], 0.75F);
}

TEST(Classify, ThePredictionSetHasTheClassesThatReachTheirThreshold) {
  Contract contract;
  contract.classes = {"a", "b", "c"};
  contract.conformal = {0.2F, 0.5F, 0};
  const auto set_of = [&](const std::vector<float>& p) {
    return prediction_set(p.data(), contract);
  };
  EXPECT_EQ(set_of({0.2F, 0.3F, 0.5F}), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(set_of({0.1F, 0.9F, 0}), (std::vector<std::string>{"b", "c"}));
  contract.conformal = {0.9F, 0.9F, 0.9F};
  EXPECT_TRUE(set_of({0.4F, 0.3F, 0.3F}).empty());
}

}  // namespace
}  // namespace cxr
