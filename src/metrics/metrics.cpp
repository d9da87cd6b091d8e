#include "metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace cxr {
namespace {

Measure ratio(std::size_t part, std::size_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

double share_of(double both, double all) { return all == 0 ? 1 : both / all; }

double pixels(const cv::Mat& mask) { return cv::countNonZero(mask); }

double common_pixels(const cv::Mat& a, const cv::Mat& b) {
  return cv::countNonZero((a != 0) & (b != 0));
}

/// Ranks from 1; equal values share their mean rank.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) {
      result[order[i]] = static_cast<double>(begin + end + 1) / 2;
    }
  }
  return result;
}

Measure pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const Measure x_mean = mean(x);
  const Measure y_mean = mean(y);
  double xy = 0;
  double xx = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - *x_mean;
    const double dy = y[i] - *y_mean;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

/// Positives and negatives with at least a certain score.
struct ThresholdCounts {
  std::size_t hits = 0;
  std::size_t alarms = 0;
};

/// The counts for each distinct score, highest first.
std::vector<ThresholdCounts> counts_by_threshold(std::vector<double> positives,
                                                 std::vector<double> negatives) {
  std::ranges::sort(positives, std::greater());
  std::ranges::sort(negatives, std::greater());
  std::vector<ThresholdCounts> all;
  ThresholdCounts counts;
  auto& [hits, alarms] = counts;
  while (hits < positives.size() || alarms < negatives.size()) {
    const double score = hits == positives.size() ? negatives[alarms]
                         : alarms == negatives.size()
                             ? positives[hits]
                             : std::max(positives[hits], negatives[alarms]);
    while (hits < positives.size() && positives[hits] == score) ++hits;
    while (alarms < negatives.size() && negatives[alarms] == score) ++alarms;
    all.push_back(counts);
  }
  return all;
}

}  // namespace

std::size_t ConfusionMatrix::images_of(std::size_t truth) const {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < classes_; ++c) sum += at(truth, c);
  return sum;
}

std::size_t ConfusionMatrix::predicted_as(std::size_t predicted) const {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < classes_; ++c) sum += at(c, predicted);
  return sum;
}

std::size_t ConfusionMatrix::images() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
}

Measure ConfusionMatrix::sensitivity(std::size_t index) const {
  return ratio(at(index, index), images_of(index));
}

Measure ConfusionMatrix::positive_predictive_value(std::size_t index) const {
  return ratio(at(index, index), predicted_as(index));
}

Measure ConfusionMatrix::accuracy() const {
  std::size_t correct = 0;
  for (std::size_t c = 0; c < classes_; ++c) correct += at(c, c);
  return ratio(correct, images());
}

Measure ConfusionMatrix::balanced_accuracy() const {
  std::vector<double> sensitivities;
  for (std::size_t c = 0; c < classes_; ++c) {
    if (const Measure value = sensitivity(c)) sensitivities.push_back(*value);
  }
  return mean(sensitivities);
}

Measure auroc(const std::vector<double>& positives, std::vector<double> negatives) {
  if (positives.empty() || negatives.empty()) return std::nullopt;
  std::ranges::sort(negatives);
  double won = 0;
  for (const double score : positives) {
    const auto [equal, higher] = std::equal_range(negatives.begin(), negatives.end(), score);
    won += static_cast<double>(equal - negatives.begin()) + static_cast<double>(higher - equal) / 2;
  }
  return won / (static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

std::vector<cv::Point2d> roc_curve(std::vector<double> positives, std::vector<double> negatives) {
  if (positives.empty() || negatives.empty()) return {};
  std::vector<cv::Point2d> curve{{0, 0}};
  const std::size_t all_positives = positives.size();
  const std::size_t all_negatives = negatives.size();
  for (const auto& [hits, alarms] :
       counts_by_threshold(std::move(positives), std::move(negatives))) {
    curve.emplace_back(*ratio(alarms, all_negatives), *ratio(hits, all_positives));
  }
  return curve;
}

Measure sensitivity_at(const std::vector<cv::Point2d>& roc, double false_positive_rate) {
  if (roc.empty()) return std::nullopt;
  const auto right = std::ranges::upper_bound(roc, false_positive_rate, {}, &cv::Point2d::x);
  if (right == roc.begin()) return roc.front().y;
  const auto left = std::prev(right);
  if (right == roc.end()) return left->y;
  return std::lerp(left->y, right->y, (false_positive_rate - left->x) / (right->x - left->x));
}

std::vector<cv::Point2d> precision_recall_curve(std::vector<double> positives,
                                                std::vector<double> negatives) {
  if (positives.empty()) return {};
  std::vector<cv::Point2d> curve;
  const std::size_t all_positives = positives.size();
  for (const auto& [hits, alarms] :
       counts_by_threshold(std::move(positives), std::move(negatives))) {
    curve.emplace_back(*ratio(hits, all_positives), *ratio(hits, hits + alarms));
  }
  return curve;
}

Measure average_precision(const std::vector<cv::Point2d>& precision_recall) {
  if (precision_recall.empty()) return std::nullopt;
  double sum = 0;
  double recall = 0;
  for (const cv::Point2d& point : precision_recall) {
    sum += (point.x - recall) * point.y;
    recall = point.x;
  }
  return sum;
}

std::vector<ReliabilityBin> reliability(const std::vector<Confidence>& predictions, int bins) {
  std::vector<ReliabilityBin> result(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i].low = static_cast<double>(i) / bins;
    result[i].high = static_cast<double>(i + 1) / bins;
  }
  for (const Confidence& prediction : predictions) {
    const auto index = static_cast<int>(std::ceil(prediction.probability * bins)) - 1;
    ReliabilityBin& bin = result[static_cast<std::size_t>(std::clamp(index, 0, bins - 1))];
    ++bin.images;
    bin.confidence += prediction.probability;
    bin.accuracy += prediction.correct ? 1 : 0;
  }
  for (ReliabilityBin& bin : result) {
    if (bin.images == 0) continue;
    bin.confidence /= static_cast<double>(bin.images);
    bin.accuracy /= static_cast<double>(bin.images);
  }
  return result;
}

Measure expected_calibration_error(const std::vector<ReliabilityBin>& bins) {
  double images = 0;
  double distance = 0;
  for (const ReliabilityBin& bin : bins) {
    const auto weight = static_cast<double>(bin.images);
    images += weight;
    distance += weight * std::abs(bin.accuracy - bin.confidence);
  }
  if (images == 0) return std::nullopt;
  return distance / images;
}

double brier_score(const std::vector<double>& probabilities, std::size_t truth) {
  double sum = 0;
  for (std::size_t c = 0; c < probabilities.size(); ++c) {
    const double distance = probabilities[c] - (c == truth ? 1 : 0);
    sum += distance * distance;
  }
  return sum;
}

double dice(const cv::Mat& a, const cv::Mat& b) {
  return share_of(2 * common_pixels(a, b), pixels(a) + pixels(b));
}

double iou(const cv::Mat& a, const cv::Mat& b) {
  const double both = common_pixels(a, b);
  return share_of(both, pixels(a) + pixels(b) - both);
}

double box_iou(const cv::Rect& a, const cv::Rect& b) {
  const double both = (a & b).area();
  return share_of(both, a.area() + b.area() - both);
}

Measure mean(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Measure quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = position - static_cast<double>(below);
  return values[below] + share * (values[above] - values[below]);
}

Measure spearman(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 2) return std::nullopt;
  return pearson(ranks(x), ranks(y));
}

}  // namespace cxr
