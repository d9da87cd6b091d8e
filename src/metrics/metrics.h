#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

namespace cxr {

/// A figure that may be undefined, such as the sensitivity of a class without images; never NaN.
using Measure = std::optional<double>;

/// Counts of images by true class (row) and predicted class (column).
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::size_t classes) : classes_(classes), counts_(classes * classes) {}

  std::size_t classes() const { return classes_; }
  std::size_t& at(std::size_t truth, std::size_t predicted) {
    return counts_.at(truth * classes_ + predicted);
  }
  std::size_t at(std::size_t truth, std::size_t predicted) const {
    return counts_.at(truth * classes_ + predicted);
  }
  std::size_t images_of(std::size_t truth) const;              ///< sum of a row
  std::size_t predicted_as(std::size_t predicted) const;       ///< sum of a column
  std::size_t images() const;                                  ///< sum of all
  Measure sensitivity(std::size_t index) const;                ///< recall; undefined without images
  Measure positive_predictive_value(std::size_t index) const;  ///< undefined if never predicted
  Measure accuracy() const;
  /// Mean sensitivity of the classes that have images.
  Measure balanced_accuracy() const;

 private:
  std::size_t classes_;
  std::vector<std::size_t> counts_;
};

/// Area under the ROC curve: the probability that a positive image has a higher score than a
/// negative one, ties counted half (Mann and Whitney's U divided by the number of pairs; Hanley and
/// McNeil, 1982). Undefined if either is empty.
Measure auroc(const std::vector<double>& positives, std::vector<double> negatives);

/// The ROC curve from (0, 0) to (1, 1): x is 1 - specificity, y is sensitivity; one point for each
/// distinct score, highest first. Empty if either is empty.
std::vector<cv::Point2d> roc_curve(std::vector<double> positives, std::vector<double> negatives);

/// The sensitivity of a ROC curve at a false positive rate (0..1), interpolated linearly; the
/// highest one where the curve is vertical. Undefined for an empty curve.
Measure sensitivity_at(const std::vector<cv::Point2d>& roc, double false_positive_rate);

/// The precision-recall curve: x is recall (sensitivity), y is precision (positive predictive
/// value); one point for each distinct score, highest first. Empty without positives.
std::vector<cv::Point2d> precision_recall_curve(std::vector<double> positives,
                                                std::vector<double> negatives);

/// Average precision: the mean of the curve's precisions, weighted by the gain in recall (Davis and
/// Goadrich, 2006). Undefined for an empty curve.
Measure average_precision(const std::vector<cv::Point2d>& precision_recall);

/// The probability of the predicted class, and whether the prediction is correct.
struct Confidence {
  double probability = 0;
  bool correct = false;
};

/// Predictions whose confidence lies in (low, high].
struct ReliabilityBin {
  double low = 0;
  double high = 0;
  std::size_t images = 0;
  double confidence = 0;  ///< mean; 0 without images
  double accuracy = 0;    ///< likewise
};

inline constexpr int kReliabilityBins = 15;

/// Bins of equal width over 0..1, for a reliability diagram (Guo et al., "On Calibration
/// of Modern Neural Networks", ICML 2017).
std::vector<ReliabilityBin> reliability(const std::vector<Confidence>& predictions,
                                        int bins = kReliabilityBins);

/// Expected calibration error (Guo et al., 2017): the mean difference between accuracy and
/// confidence over the bins, weighted by their images; 0..1. Undefined without images.
Measure expected_calibration_error(const std::vector<ReliabilityBin>& bins);

/// The Brier score of one image (Brier, 1950): the squared difference between the probabilities and
/// the truth, summed over the classes; 0 (certain and correct) to 2 (certain and wrong).
double brier_score(const std::vector<double>& probabilities, std::size_t truth);

/// Dice coefficient `2 |A and B| / (|A| + |B|)` of two masks (CV_8UC1 of the same size,
/// non-zero is inside); 1 if both are empty.
double dice(const cv::Mat& a, const cv::Mat& b);

/// Intersection over union (Jaccard) of two masks, as above; 1 if both are empty.
double iou(const cv::Mat& a, const cv::Mat& b);

/// Intersection over union of two boxes; 1 if both are empty.
double box_iou(const cv::Rect& a, const cv::Rect& b);

Measure mean(const std::vector<double>& values);

/// Quantile `q` (0..1) with linear interpolation between the sorted values (Hyndman and Fan's
/// type 7, numpy's default). Undefined without values.
Measure quantile(std::vector<double> values, double q);

/// Spearman's rank correlation of paired values, ties ranked by their mean; -1..1. Undefined if all
/// values of one are equal or there are fewer than two pairs.
Measure spearman(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace cxr
