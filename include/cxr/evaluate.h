#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cxr/configuration.h"

namespace cxr {

/// What is to be evaluated on, and where the report goes.
struct EvaluationRequest {
  /// A manifest: a CSV file with the columns `image` and `label` (classification) or `mask`
  /// (segmentation: a picture of the image's size, lungs white), paths relative to it. `patient`
  /// and `split` may be there; all others with 2 to 20 values are broken down by. For
  /// classification also a folder that has a sub-folder of images for each class.
  std::filesystem::path data;
  std::filesystem::path out;  ///< folder for the report; made where it does not exist
  std::string split;          ///< rows with this in the column `split`; empty: all rows
  int worst = 12;             ///< how many of the worst cases are shown, 0 to 1000
  int bootstrap = 1000;       ///< resamples for the intervals, 0 (no intervals) to 100000
  bool robustness = false;    ///< segmentation: judge each image turned and re-toned, too
};

struct EvaluationSummary {
  std::size_t images = 0;
  std::size_t failed = 0;          ///< could not be read or have no result; the others stand
  std::string table;               ///< the main figures as lines of text
  std::vector<std::string> notes;  ///< what the user should know besides
};

/// Called after each batch: what is being done, images done, images in all.
using EvaluationProgress =
    std::function<void(const std::string& what, std::size_t done, std::size_t total)>;

/// Judges labelled radiographs as infer() does and writes to `out`: `report.md`, `metrics.json`,
/// `images.csv` (a row for each image), `confusion.png`, `roc.png`, `reliability.png`, and
/// `mistakes/NN.png`, the wrong predictions with the highest confidence.
///
/// Confusion matrix, sensitivity, positive predictive value, accuracy, balanced accuracy, AUROC of
/// each class against the rest and of each pair of classes (score p / (p + q) among the images of
/// both), expected calibration error, Brier score; each with a 95 % bootstrap interval by patient,
/// for all images and by each column of the manifest. See metrics.h and bootstrap.h.
///
/// Heat inside the lungs: of the images predicted as something else than `Normal`, the share of the
/// heat map's hottest part that lies in the lungs; see heat_inside_lungs().
///
/// An image that cannot be read is counted as failed and listed. Throws UsageError for a request
/// that cannot be, Error naming file and lines for a manifest that cannot be used, such as labels
/// that are no class of the classifier, models that cannot be used, outputs that cannot be written.
EvaluationSummary evaluate_classification(const Configuration& configuration,
                                          const EvaluationRequest& request,
                                          const EvaluationProgress& progress);

/// The same for results that cxr-infer wrote before; no network is run and no picture is drawn. The
/// images are found in `results` by the name in the manifest, or by its last part. One without a
/// row, or whose row is an error, is failed; rows that no image asks for are noted.
EvaluationSummary evaluate_results(const std::filesystem::path& results,
                                   const EvaluationRequest& request);

/// Compares the segmenter's masks with those of a manifest and writes to `out`: `report.md`,
/// `metrics.json`, `images.csv`, `dice.png`, `quality.png`, and `worst/NN.png`, the images with the
/// lowest Dice with both contours.
///
/// Masks are compared at the image's own size: the lung probability is enlarged bilinearly, then
/// more than one half is lung. Dice, IoU and the IoU of the lung boxes (find_lung_box() of either
/// mask): mean, median, 5th percentile; how the Estimated Quality is spread, and its rank
/// correlation with Dice. With `robustness`, the same for the images turned by 90 and 180 degrees,
/// mirrored, inverted, and with a quarter of their contrast. Intervals, failures and errors as
/// above; the classifier is not loaded.
EvaluationSummary evaluate_segmentation(const Configuration& configuration,
                                        const EvaluationRequest& request,
                                        const EvaluationProgress& progress);

}  // namespace cxr
