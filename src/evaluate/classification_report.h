#pragma once

#include <string>
#include <vector>

#include "evaluation_run.h"
#include "metrics/classification_metrics.h"

namespace cxr {

/// The name, in any case, of the class for which no heat in the lungs is expected.
inline constexpr const char* kHealthyClass = "Normal";

/// The outcome for one image.
struct ClassifiedImage {
  std::string error;  ///< empty on success
  LabelledPrediction prediction;
  double quality = 0;   ///< Estimated Quality
  Measure heat_inside;  ///< see heat_inside_lungs()
};

/// How much of the heat lies inside the lungs, over the images not predicted as healthy.
struct HeatMeasures {
  std::size_t images = 0;  ///< with a heat map and lungs
  Estimate mean;
  Estimate mostly_inside;  ///< share of the images with at least kMostlyInside
};
inline constexpr double kMostlyInside = 0.8;

/// All that is computed for the report; see classification_document.h and classification_charts.h
/// for how it is shown.
struct ClassificationReport {
  EvaluationRun run;
  const EvaluationData& data;
  const std::vector<ClassifiedImage>& images;  ///< one for each row of the data
  std::vector<std::string> classes;
  ClassificationMeasures overall;
  std::vector<ColumnGroups<ClassificationMeasures>> by_column;
  std::vector<RocBand> roc;                                ///< of each class against the rest
  std::vector<std::vector<cv::Point2d>> precision_recall;  ///< likewise
  std::vector<ReliabilityBin> reliability;
  HeatMeasures heat;
  std::size_t mistakes = 0;                 ///< wrong predictions
  std::vector<WorstCase> worst_mistakes;    ///< by falling confidence, without pictures at first
  std::vector<std::string> unused_results;  ///< result rows of images that the data do not name
};

/// Computes all figures. `run` and `data` must outlive the report, as must `images`.
ClassificationReport make_classification_report(EvaluationRun run, const EvaluationData& data,
                                                const std::vector<ClassifiedImage>& images,
                                                const std::vector<std::string>& classes);

}  // namespace cxr
