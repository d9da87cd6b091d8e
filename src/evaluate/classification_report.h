#pragma once

#include <string>
#include <vector>

#include "metrics/classification_metrics.h"
#include "report.h"

namespace cxr {

/// A class is taken for a healthy one, where no heat in the lungs is to be expected, by this name
/// in any case.
inline constexpr const char* kHealthyClass = "Normal";

struct JudgedImage {
  std::string error;  ///< empty where all went well
  Judgement judgement;
  double quality = 0;   ///< Estimated Quality
  Measure heat_inside;  ///< see heat_inside_lungs()
};

/// A wrong prediction that is shown.
struct Mistake {
  std::size_t image = 0;
  std::string picture;  ///< relative to the report; empty where there is none
};

struct GroupMeasures {
  std::string value;
  ClassificationMeasures measures;
};

/// How much of the heat lies inside the lungs, of images predicted as something else than healthy.
struct HeatMeasures {
  std::size_t images = 0;  ///< that have a map and lungs
  Estimate mean;
  Estimate mostly_inside;  ///< share of the images with at least kMostlyInside
};
inline constexpr double kMostlyInside = 0.8;

struct ClassificationReport {
  EvaluationRun run;
  const EvaluationData& data;
  const std::vector<JudgedImage>& images;  ///< as the data's rows
  std::vector<std::string> classes;
  ClassificationMeasures overall;
  std::vector<std::pair<std::string, std::vector<GroupMeasures>>> by_column;
  HeatMeasures heat;
  std::vector<Mistake> mistakes;
  std::vector<std::string> unused_results;  ///< names of results that no image asked for
};

/// Writes report.md, metrics.json, images.csv and the plots. Throws Error where one cannot be
/// written.
void write_classification_report(const ClassificationReport& report);

/// The confusion matrix and the main figures for a terminal.
std::string classification_table(const ClassificationReport& report);

}  // namespace cxr
