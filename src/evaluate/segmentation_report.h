#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "report.h"

namespace cxr {

/// How a mask compares with the true one.
struct SegmentedImage {
  std::string error;  ///< empty where all went well
  double dice = 0;
  double iou = 0;
  double box_iou = 0;
  double quality = 0;  ///< Estimated Quality
};

/// How a figure is spread over the images.
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

/// `patients` names the patient of each image, see bootstrap().
SegmentationMeasures measure_segmentation(const std::vector<SegmentedImage>& images,
                                          const std::vector<std::string>& patients, int resamples);

struct GroupSegmentation {
  std::string value;
  SegmentationMeasures measures;
};

struct WorstCase {
  std::size_t image = 0;
  std::string picture;  ///< relative to the report
};

struct SegmentationReport {
  EvaluationRun run;
  const EvaluationData& data;
  const std::vector<SegmentedImage>& images;  ///< as the data's rows
  SegmentationMeasures overall;
  std::vector<std::pair<std::string, std::vector<GroupSegmentation>>> by_column;
  std::vector<GroupSegmentation> changed;  ///< all images, turned or re-toned
  std::vector<WorstCase> worst;
};

/// Writes report.md, metrics.json, images.csv and the plots. Throws Error where one cannot be
/// written.
void write_segmentation_report(const SegmentationReport& report);

/// The main figures for a terminal.
std::string segmentation_table(const SegmentationReport& report);

/// Draws the contours of the true and the predicted mask (CV_8UC1 of the image's size) over the
/// image, with a title and a legend; about 800 pixels large.
cv::Mat draw_contours(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted,
                      const std::string& title);

}  // namespace cxr
