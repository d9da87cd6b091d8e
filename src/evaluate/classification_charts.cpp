#include "classification_charts.h"

#include "base/format.h"
#include "draw/palette.h"
#include "draw/plot.h"

namespace cxr {
namespace {

constexpr double kBinWidth = 1.0 / kReliabilityBins;
const cv::Size kSquare(1000, 1000);
const cv::Size kFlat(1000, 480);

std::string figure_or_dash(const Measure& measure) { return measure ? fixed(*measure, 3) : "-"; }

Series diagonal(const std::string& name) {
  return {name, {{0, 0}, {1, 1}}, kGrey, Series::Mark::dashes};
}

/// The outline of a band; empty without intervals.
std::vector<cv::Point2d> band_outline(const std::vector<Estimate>& sensitivities) {
  std::vector<cv::Point2d> upper;
  std::vector<cv::Point2d> lower;
  for (std::size_t i = 0; i < sensitivities.size(); ++i) {
    if (!sensitivities[i].interval) continue;
    const double x = static_cast<double>(i) / kRocBandSteps;
    upper.emplace_back(x, sensitivities[i].interval->high);
    lower.emplace_back(x, sensitivities[i].interval->low);
  }
  upper.insert(upper.end(), lower.rbegin(), lower.rend());
  return upper;
}

Chart roc_chart(const ClassificationReport& report) {
  const bool has_bands = report.run.request.bootstrap > 0;
  Chart chart{std::string("ROC curves, each class against the rest") +
                  (has_bands ? ", with 95 % bands" : ""),
              {"1 - specificity", 0, 1},
              {"sensitivity", 0, 1},
              {diagonal("")}};
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    chart.series.push_back(
        {"", band_outline(report.roc[c].sensitivities), series_color(c), Series::Mark::band});
  }
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    const Measure& area = report.overall.classes[c].auroc.value;
    chart.series.push_back({report.classes[c] + " (AUROC " + figure_or_dash(area) + ")",
                            report.roc[c].curve, series_color(c)});
  }
  return chart;
}

Chart precision_recall_chart(const ClassificationReport& report) {
  Chart chart{"Precision-recall curves, each class against the rest",
              {"recall (sensitivity)", 0, 1},
              {"precision (P.P.V.)", 0, 1},
              {}};
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    const auto& curve = report.precision_recall[c];
    const std::string precision = figure_or_dash(average_precision(curve));
    chart.series.push_back(
        {report.classes[c] + " (average " + precision + ")", curve, series_color(c)});
  }
  return chart;
}

double middle_of(const ReliabilityBin& bin) { return (bin.low + bin.high) / 2; }

Chart reliability_chart(const ClassificationReport& report) {
  Series accuracy{"accuracy", {}, kSkyBlue, Series::Mark::bars, kBinWidth};
  Series confidence{"mean confidence", {}, kVermilion, Series::Mark::dots};
  for (const ReliabilityBin& bin : report.reliability) {
    if (bin.images == 0) continue;
    accuracy.points.emplace_back(middle_of(bin), bin.accuracy);
    confidence.points.emplace_back(middle_of(bin), bin.confidence);
  }
  const Measure& error = report.overall.calibration_error.value;
  return {"Reliability (calibration error " + figure_or_dash(error) + ")",
          {"confidence", 0, 1},
          {"accuracy", 0, 1},
          {accuracy, diagonal("ideal"), confidence}};
}

Chart bin_count_chart(const ClassificationReport& report) {
  Series count{"", {}, kSkyBlue, Series::Mark::bars, kBinWidth};
  for (const ReliabilityBin& bin : report.reliability) {
    if (bin.images == 0) continue;
    count.points.emplace_back(middle_of(bin), static_cast<double>(bin.images));
  }
  const Series at_least_zero_to_one{"", {{0, 0}, {0, 1}}, {}};
  Axis images = axis_around("images", {at_least_zero_to_one, count});
  images.whole = true;
  return {"Images in each bin", {"confidence", 0, 1}, images, {count}};
}

}  // namespace

Drawing draw_confusion(const ClassificationReport& report) {
  return draw_confusion_matrix(report.overall.confusion, report.classes,
                               std::to_string(report.overall.images) + " images");
}

Drawing draw_roc(const ClassificationReport& report) {
  return draw_chart(roc_chart(report), kSquare);
}

Drawing draw_precision_recall(const ClassificationReport& report) {
  return draw_chart(precision_recall_chart(report), kSquare);
}

Drawing draw_reliability(const ClassificationReport& report) {
  return stacked(
      {draw_chart(reliability_chart(report), kSquare), draw_chart(bin_count_chart(report), kFlat)});
}

}  // namespace cxr
