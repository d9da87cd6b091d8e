#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cxr/configuration.h"

namespace cxr {

/// The labelled radiographs to evaluate on, and where the report goes.
struct EvaluationRequest {
  /// A manifest: a CSV file with the columns `image` and `label` (classification) or `mask`
  /// (segmentation: a picture of the image's size, lungs white); paths are relative to it. The
  /// columns `patient` and `split` are optional; figures are also given by each other column with 2
  /// to 20 values. For classification, also a folder with one sub-folder of images per class.
  std::filesystem::path data;
  std::filesystem::path out;  ///< folder for the report; created if missing
  std::string split;          ///< use only rows with this value in `split`; empty: all rows
  int worst = 12;             ///< number of worst cases to show, 0 to 1000
  int bootstrap = 1000;       ///< resamples for the intervals, 0 (no intervals) to 100000
  bool robustness = false;  ///< segmentation: also evaluate rotated, mirrored, inverted, … images
};

struct EvaluationSummary {
  std::size_t images = 0;
  std::size_t failed = 0;          ///< unreadable or without a result; not counted in the figures
  std::string table;               ///< the main figures as lines of text
  std::vector<std::string> notes;  ///< warnings for the user
};

/// Called after each image: the current step, images done, images in total.
using EvaluationProgress =
    std::function<void(const std::string& what, std::size_t done, std::size_t total)>;

/// Classifies labelled radiographs as infer() does and writes to `out`: `report.md`,
/// `metrics.json`, `images.csv` (one row per image), `confusion.png`, `roc.png`,
/// `precision-recall.png`, `reliability.png`, and `mistakes/NN.png`, the wrong predictions with the
/// highest confidence.
///
/// Confusion matrix, sensitivity, positive predictive value, accuracy, balanced accuracy, AUROC of
/// each class against the rest and of each pair of classes (score p / (p + q) among the images of
/// both), expected calibration error, Brier score; each with a 95 % bootstrap interval over
/// patients, for all images and by each column of the manifest. See metrics.h and bootstrap.h.
///
/// Heat inside the lungs: for images not predicted as `Normal`, the share of the heat map's hottest
/// part that lies in the lungs; see heat_inside_lungs().
///
/// An image that cannot be read is counted as failed and listed. Throws UsageError for an invalid
/// request, a manifest without the columns, and labels that are not classes of the classifier;
/// Error for other bad rows (all of them by line), for unusable models, and for outputs that cannot
/// be written.
EvaluationSummary evaluate_classification(const Configuration& configuration,
                                          const EvaluationRequest& request,
                                          const EvaluationProgress& progress);

/// The same for existing results of cxr-infer; no network is run and no pictures of mistakes are
/// drawn. Images are looked up in `results` by their name in the manifest or its last part. An
/// image without a row, or whose row is an error, has failed; rows without an image are noted.
EvaluationSummary evaluate_results(const std::filesystem::path& results,
                                   const EvaluationRequest& request);

/// Compares the segmenter's masks with those of a manifest and writes to `out`: `report.md`,
/// `metrics.json`, `images.csv`, `dice.png`, `quality.png`, and `worst/NN.png`, the images with the
/// lowest Dice with both contours.
///
/// Masks are compared at the image's own size: the lung probability is upscaled bilinearly, then
/// thresholded at 0.5. Dice, IoU and the IoU of the lung boxes (find_lung_box() of either mask):
/// mean, median, 5th percentile; the distribution of Estimated Quality and its rank correlation
/// with Dice. With `robustness`, the same for the images rotated by 90 and 180 degrees, mirrored,
/// inverted, and with a quarter of their contrast. Intervals, failures and errors as above; the
/// classifier is not loaded.
EvaluationSummary evaluate_segmentation(const Configuration& configuration,
                                        const EvaluationRequest& request,
                                        const EvaluationProgress& progress);

}  // namespace cxr
