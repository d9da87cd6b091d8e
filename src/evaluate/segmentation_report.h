#pragma once

#include <string>
#include <vector>

#include "evaluation_run.h"
#include "metrics/bootstrap.h"

namespace cxr {

/// The outcome for one image: how its mask compares with the true one.
struct SegmentedImage {
  std::string error;  ///< empty on success
  double dice = 0;
  double iou = 0;
  double box_iou = 0;
  double quality = 0;  ///< Estimated Quality
};

/// The distribution of a figure over the images.
struct Spread {
  Estimate mean;
  Estimate median;
  Estimate low;  ///< 5th percentile
};

struct SegmentationMeasures {
  std::size_t images = 0;
  std::size_t patients = 0;  ///< an image without a patient counts as one
  Spread dice;
  Spread iou;
  Spread box_iou;
  Spread quality;
  Estimate quality_and_dice;  ///< Spearman's rank correlation
};

/// The outcomes for the images after one change to all of them.
struct ChangedImages {
  std::string change;
  std::vector<SegmentedImage> images;  ///< one for each row of the data
};

/// All that is computed for the report; see segmentation_document.h and segmentation_charts.h for
/// how it is shown.
struct SegmentationReport {
  EvaluationRun run;
  const EvaluationData& data;
  const std::vector<SegmentedImage>& images;  ///< one for each row of the data
  SegmentationMeasures overall;
  std::vector<ColumnGroups<SegmentationMeasures>> by_column;
  std::vector<Group<SegmentationMeasures>> by_change;  ///< of all images after each change
  std::vector<WorstCase> worst;                        ///< the lowest Dice first, without pictures
};

/// Computes all figures. `data` and `images` must outlive the report.
SegmentationReport make_segmentation_report(EvaluationRun run, const EvaluationData& data,
                                            const std::vector<SegmentedImage>& images,
                                            const std::vector<ChangedImages>& changed);

}  // namespace cxr
