#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/golden.h"

namespace cxr {
namespace {

/// The matrix of seed.md's second test set: nobody has pneumonia, and nobody is called it.
ConfusionMatrix without_pneumonia() {
  ConfusionMatrix matrix(3);
  matrix.at(0, 0) = 117;
  matrix.at(0, 1) = 1;
  matrix.at(1, 0) = 4;
  matrix.at(1, 1) = 25;
  return matrix;
}

TEST(Metrics, ConfusionMatrixGivesTheTablesFigures) {
  const ConfusionMatrix matrix = without_pneumonia();
  EXPECT_EQ(matrix.images_of(0), 118U);
  EXPECT_EQ(matrix.predicted_as(0), 121U);
  EXPECT_EQ(matrix.images(), 147U);
  EXPECT_NEAR(*matrix.sensitivity(0), 0.9915, 5e-5);
  EXPECT_NEAR(*matrix.sensitivity(1), 0.8621, 5e-5);
  EXPECT_NEAR(*matrix.positive_predictive_value(0), 0.9669, 5e-5);
  EXPECT_NEAR(*matrix.positive_predictive_value(1), 0.9615, 5e-5);
  EXPECT_DOUBLE_EQ(*matrix.accuracy(), 142.0 / 147);
}

TEST(Metrics, AClassWithoutImagesHasNoFiguresAndDoesNotCountForTheBalance) {
  const ConfusionMatrix matrix = without_pneumonia();
  EXPECT_FALSE(matrix.sensitivity(2));
  EXPECT_FALSE(matrix.positive_predictive_value(2));
  EXPECT_DOUBLE_EQ(*matrix.balanced_accuracy(), (117.0 / 118 + 25.0 / 29) / 2);
  EXPECT_FALSE(ConfusionMatrix(3).accuracy());
  EXPECT_FALSE(ConfusionMatrix(3).balanced_accuracy());
}

TEST(Metrics, AurocCountsPairsWonAndHalfOfTheTies) {
  EXPECT_DOUBLE_EQ(*auroc({0.9, 0.8}, {0.1, 0.2}), 1);
  EXPECT_DOUBLE_EQ(*auroc({0.1}, {0.2, 0.3}), 0);
  EXPECT_DOUBLE_EQ(*auroc({0.5, 0.5}, {0.5, 0.5, 0.5}), 0.5);
  // Pairs: 0.8 wins 2 of 2; 0.4 ties one and wins one.
  EXPECT_DOUBLE_EQ(*auroc({0.8, 0.4}, {0.4, 0.1}), 3.5 / 4);
}

TEST(Metrics, AurocNeedsBothKinds) {
  EXPECT_FALSE(auroc({}, {0.1}));
  EXPECT_FALSE(auroc({0.1}, {}));
  EXPECT_TRUE(roc_curve({}, {0.1}).empty());
  EXPECT_TRUE(roc_curve({0.1}, {}).empty());
}

TEST(Metrics, RocCurveTakesAStepForEachDistinctScore) {
  const std::vector<cv::Point2d> expected{{0, 0}, {0, 0.5}, {0.5, 1}, {1, 1}};
  EXPECT_EQ(roc_curve({0.8, 0.4}, {0.4, 0.1}), expected);
}

TEST(Metrics, SensitivityIsInterpolatedOnTheRocCurve) {
  const std::vector<cv::Point2d> curve{{0, 0}, {0, 0.5}, {0.5, 0.5}, {0.5, 0.75}, {1, 1}};
  EXPECT_DOUBLE_EQ(*sensitivity_at(curve, 0), 0.5) << "the highest of a vertical part";
  EXPECT_DOUBLE_EQ(*sensitivity_at(curve, 0.25), 0.5);
  EXPECT_DOUBLE_EQ(*sensitivity_at(curve, 0.5), 0.75);
  EXPECT_DOUBLE_EQ(*sensitivity_at(curve, 0.75), 0.875);
  EXPECT_DOUBLE_EQ(*sensitivity_at(curve, 1), 1);
  EXPECT_FALSE(sensitivity_at({}, 0.5));
}

TEST(Metrics, PrecisionRecallCurveMatchesAManualCalculation) {
  // By falling score: 1 of 1, 1 of 2, then two positives of one score: 3 of 4, at last 3 of 5.
  const auto curve = precision_recall_curve({0.9, 0.4, 0.4}, {0.6, 0.1});
  const std::vector<cv::Point2d> expected{{1.0 / 3, 1}, {1.0 / 3, 0.5}, {1, 0.75}, {1, 0.6}};
  EXPECT_EQ(curve, expected);
  EXPECT_DOUBLE_EQ(*average_precision(curve), 1.0 / 3 + 2.0 / 3 * 0.75);
  EXPECT_TRUE(precision_recall_curve({}, {0.5}).empty());
  EXPECT_FALSE(average_precision({}));
  EXPECT_DOUBLE_EQ(*average_precision(precision_recall_curve({0.5}, {})), 1);
}

TEST(Metrics, ReliabilityBinsAreOpenBelowAndClosedAbove) {
  const auto bins =
      reliability({{0.5, true}, {0.5, false}, {0.51, true}, {1, true}, {0, false}}, 2);
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].images, 3U);  // 0 has no bin below it
  EXPECT_EQ(bins[1].images, 2U);
  EXPECT_DOUBLE_EQ(bins[0].accuracy, 1.0 / 3);
  EXPECT_DOUBLE_EQ(bins[1].confidence, 0.755);
  EXPECT_DOUBLE_EQ(bins[1].low, 0.5);
}

TEST(Metrics, CalibrationErrorIsTheWeightedDistanceOfAccuracyAndConfidence) {
  // Bin 0.6..0.8: said 0.7, right half the time; bin 0.8..1: said 0.9, always right.
  const auto bins = reliability({{0.7, true}, {0.7, false}, {0.9, true}, {0.9, true}}, 5);
  EXPECT_NEAR(*expected_calibration_error(bins), 0.5 * 0.2 + 0.5 * 0.1, 1e-12);
  EXPECT_FALSE(expected_calibration_error(reliability({})));
}

TEST(Metrics, BrierScoreGoesFromNoughtToTwo) {
  EXPECT_DOUBLE_EQ(brier_score({1, 0, 0}, 0), 0);
  EXPECT_DOUBLE_EQ(brier_score({1, 0, 0}, 2), 2);
  EXPECT_NEAR(brier_score({0.5, 0.3, 0.2}, 1), 0.25 + 0.49 + 0.04, 1e-12);
}

TEST(Metrics, DiceAndIouOfMasks) {
  cv::Mat a = cv::Mat::zeros(4, 4, CV_8UC1);
  cv::Mat b = a.clone();
  EXPECT_EQ(dice(a, b), 1);
  EXPECT_EQ(iou(a, b), 1);
  a(cv::Rect(0, 0, 2, 2)) = 255;
  EXPECT_EQ(dice(a, b), 0);
  EXPECT_EQ(iou(a, b), 0);
  b(cv::Rect(1, 0, 3, 2)) = 1;  // any value but nought is lung: 2 of 4 and 6 pixels are common
  EXPECT_DOUBLE_EQ(dice(a, b), 0.4);
  EXPECT_DOUBLE_EQ(iou(a, b), 0.25);
}

TEST(Metrics, IouOfBoxes) {
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 10, 10}, {5, 0, 10, 10}), 50.0 / 150);
  EXPECT_EQ(box_iou({}, {}), 1);
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {}), 0);
}

TEST(Metrics, QuantilesAreInterpolated) {
  EXPECT_DOUBLE_EQ(*quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(*quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(*quantile({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(*quantile({0, 10}, 0.05), 0.5);
  EXPECT_FALSE(quantile({}, 0.5));
  EXPECT_FALSE(mean({}));
}

TEST(Metrics, SpearmanComparesRanks) {
  EXPECT_DOUBLE_EQ(*spearman({1, 2, 3}, {1, 10, 1000}), 1);
  EXPECT_DOUBLE_EQ(*spearman({1, 2, 3}, {3, 2, 1}), -1);
  EXPECT_FALSE(spearman({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(spearman({1}, {2}));
}

/// Values of scikit-learn and SciPy; make_metrics.py beside the file says how made.
class MetricsOfScikitLearn : public testing::Test {
 protected:
  std::vector<double> scores(std::size_t of_class, bool positive) const {
    std::vector<double> collected;
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      if ((truth_[i] == of_class) == positive) collected.push_back(probabilities_[i][of_class]);
    }
    return collected;
  }

  static nlohmann::json load() {
    return nlohmann::json::parse(std::ifstream(test::golden_file("metrics/metrics.json")));
  }
  static cv::Mat mask(const nlohmann::json& rows) {
    cv::Mat result(static_cast<int>(rows.size()), static_cast<int>(rows[0].size()), CV_8UC1);
    for (int y = 0; y < result.rows; ++y) {
      for (int x = 0; x < result.cols; ++x) {
        result.at<uchar>(y, x) = rows.at(static_cast<std::size_t>(y))[static_cast<std::size_t>(x)];
      }
    }
    return result;
  }

  const nlohmann::json golden_ = load();
  const std::vector<std::size_t> truth_ = golden_["truth"];
  const std::vector<std::size_t> predicted_ = golden_["predicted"];
  const std::vector<std::vector<double>> probabilities_ = golden_["probabilities"];
};

TEST_F(MetricsOfScikitLearn, ConfusionMatrix) {
  ConfusionMatrix matrix(3);
  for (std::size_t i = 0; i < truth_.size(); ++i) ++matrix.at(truth_[i], predicted_[i]);
  for (std::size_t truth = 0; truth < 3; ++truth) {
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_EQ(matrix.at(truth, c), golden_["confusion"][truth][c]);
    EXPECT_NEAR(*matrix.sensitivity(truth), golden_["sensitivity"][truth], 1e-12);
    EXPECT_NEAR(*matrix.positive_predictive_value(truth), golden_["ppv"][truth], 1e-12);
  }
  EXPECT_NEAR(*matrix.accuracy(), golden_["accuracy"], 1e-12);
  EXPECT_NEAR(*matrix.balanced_accuracy(), golden_["balanced_accuracy"], 1e-12);
}

TEST_F(MetricsOfScikitLearn, RocCurvesWithManyTies) {
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(*auroc(scores(c, true), scores(c, false)), golden_["auroc"][c], 1e-12);
    const auto curve = roc_curve(scores(c, true), scores(c, false));
    ASSERT_EQ(curve.size(), golden_["roc_x"][c].size());
    for (std::size_t i = 0; i < curve.size(); ++i) {
      EXPECT_NEAR(curve[i].x, golden_["roc_x"][c][i], 1e-12);
      EXPECT_NEAR(curve[i].y, golden_["roc_y"][c][i], 1e-12);
    }
  }
}

TEST_F(MetricsOfScikitLearn, Calibration) {
  std::vector<Confidence> predictions;
  double brier = 0;
  for (std::size_t i = 0; i < truth_.size(); ++i) {
    predictions.push_back({probabilities_[i][predicted_[i]], predicted_[i] == truth_[i]});
    brier += brier_score(probabilities_[i], truth_[i]) / static_cast<double>(truth_.size());
  }
  const auto bins = reliability(predictions);
  std::size_t with_images = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    EXPECT_EQ(bins[i].images, golden_["bin_images"][i]);
    if (bins[i].images == 0) continue;
    EXPECT_NEAR(bins[i].accuracy, golden_["bin_accuracy"][with_images], 1e-12);
    EXPECT_NEAR(bins[i].confidence, golden_["bin_confidence"][with_images++], 1e-12);
  }
  EXPECT_EQ(with_images, golden_["bin_accuracy"].size());
  EXPECT_NEAR(*expected_calibration_error(bins), golden_["calibration_error"], 1e-12);
  EXPECT_NEAR(brier, golden_["brier"], 1e-12);
}

TEST_F(MetricsOfScikitLearn, MasksRanksAndQuantiles) {
  const cv::Mat a = mask(golden_["a"]);
  const cv::Mat b = mask(golden_["b"]);
  EXPECT_NEAR(dice(a, b), golden_["dice"], 1e-12);
  EXPECT_NEAR(iou(a, b), golden_["iou"], 1e-12);
  EXPECT_NEAR(*spearman(golden_["x"], golden_["y"]), golden_["spearman"], 1e-12);
  EXPECT_NEAR(*quantile(golden_["x"], 0.05), golden_["quantile_05_of_x"], 1e-12);
  EXPECT_NEAR(*quantile(golden_["x"], 0.5), golden_["median_of_x"], 1e-12);
}

}  // namespace
}  // namespace cxr
