#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cxr/contract.h"
#include "cxr/inputs.h"
#include "cxr/lung_box.h"
#include "cxr/names.h"
#include "cxr/network.h"
#include "cxr/read.h"

namespace cxr {

enum class CamMethod {
  /// Grad-CAM of the predicted class (Selvaraju et al., ICCV 2017): ReLU of the feature maps
  /// weighted by the spatial mean of the class logit's gradient.
  gradcam,
  /// The original program's map: the gradient is that of the logits weighted by the logits
  /// themselves, and there is no ReLU.
  original
};

constexpr auto names(CamMethod /*unused*/) {
  return std::array{Named<CamMethod>{CamMethod::gradcam, "gradcam"},
                    Named<CamMethod>{CamMethod::original, "original"}};
}

/// What to do with a radiograph that is a negative, in which air is white.
enum class Polarity {
  automatic,  ///< invert it where that is certain; see Result::inverted
  as_is       ///< leave it as it is
};

constexpr auto names(Polarity /*unused*/) {
  return std::array{Named<Polarity>{Polarity::automatic, "auto"},
                    Named<Polarity>{Polarity::as_is, "as-is"}};
}

/// A model file, and its contract where the file carries none.
struct ModelSource {
  std::filesystem::path file;
  std::optional<Contract> contract;
};

/// What a pipeline judges with.
struct PipelineOptions {
  ModelSource segmenter;
  ModelSource classifier;
  double crop_confidence_threshold = kTrustedQuality;  ///< of the lung box, 0..1
  double smallest_component = kSpeck;                  ///< see find_lung_box(), 0..1
  std::string device = "auto";  ///< `auto` (CUDA where there is any), `cpu`, `cuda`, `cuda:N`
  Precision precision = Precision::float32;
  Polarity polarity = Polarity::automatic;
  CamMethod cam_method = CamMethod::gradcam;
};

enum class Status {
  ok,
  unsure,   ///< was read and judged, but nothing reliable can be said: no prediction
  skipped,  ///< it says of itself that it is no frontal chest radiograph: see SkippedError
  error
};

constexpr auto names(Status /*unused*/) {
  return std::array{Named<Status>{Status::ok, "ok"}, Named<Status>{Status::unsure, "unsure"},
                    Named<Status>{Status::skipped, "skipped"},
                    Named<Status>{Status::error, "error"}};
}

/// Milliseconds that the steps took: an image's own, and its share of what a batch does together.
struct Timings {
  double read = 0, segment = 0, enhance = 0, classify = 0, explain = 0;

  double total() const { return read + segment + enhance + classify + explain; }
};

/// What was found in one radiograph. One that was not judged has no more than name, file, status,
/// stage and error.
struct Result {
  std::string name;  ///< as in Input
  std::string file;  ///< the path of Input as UTF-8, see to_utf8()
  Status status = Status::ok;
  std::string stage;       ///< where it failed or was skipped; empty where it was judged
  std::string error;       ///< one line: stage, file, and why it failed or was skipped; likewise
  std::string prediction;  ///< empty where `unsure`
  std::vector<float> probabilities;  ///< of each class, in the classifier's order; they sum to 1
  std::size_t predicted = 0;         ///< index of the prediction in `probabilities`
  /// The classes that cannot be excluded at 90 %, in the classifier's order; none where the
  /// classifier has no conformal thresholds. See fit_conformal().
  std::optional<std::vector<std::string>> prediction_set;
  bool inverted = false;  ///< the file has a negative: what was judged is its inverse
  LungBox lungs;
  bool lungs_trusted = false;  ///< see is_trusted()
  cv::Rect crop;               ///< what was classified: the lung box, or all of the image
  cv::Size image_size;
  std::vector<std::string> notes;  ///< see Radiograph
  Timings milliseconds;
  DicomUids uids;  ///< where asked for

  /// Whether the networks have seen it: `ok` or `unsure`.
  bool judged() const { return status == Status::ok || status == Status::unsure; }
  /// What a step threw.
  void fail(const std::exception& exception);
};

/// What lies behind a result.
struct Intermediates {
  cv::Mat image;                ///< CV_8UC1, at native size; inverted where the file has a negative
  cv::Mat lung_mask;            ///< CV_8UC1, at the segmenter's resolution
  cv::Mat enhanced;             ///< CV_8UC3, of the crop
  cv::Mat heat_map;             ///< CV_32FC1, of the crop's size, 0..1; only where explained
  std::vector<float> features;  ///< mean of each of the classifier's last feature maps
  std::vector<float> logits;    ///< of each class, before temperature and offsets
};

struct Analysis {
  Result result;
  Intermediates intermediates;  ///< empty where it could not be judged
};

struct ProcessOptions {
  bool explain = false;  ///< make heat maps
  bool force = false;    ///< judge what would be skipped, too: see ReadOptions
};

/// From a radiograph's path to a result: read, segment, lung box, crop, enhance, classify,
/// explain. Holds both networks; immutable and safe to use from several threads.
class Pipeline {
 public:
  /// Loads both networks, at the same time where OpenCV may use more than one thread. Throws Error
  /// as Network does.
  explicit Pipeline(const PipelineOptions& options);

  const PipelineOptions& options() const { return options_; }
  const Network& segmenter() const { return networks_.segmenter; }
  const Network& classifier() const { return networks_.classifier; }

  /// Names of the classes, in the order of Result::probabilities.
  const std::vector<std::string>& classes() const { return classifier().contract().classes; }

  /// Reads and judges radiographs as one batch; the analyses are in the inputs' order. An image
  /// that cannot be read, or for which a network's output is not finite, has status and error, and
  /// does not touch the others. Holds all images of the batch in memory.
  std::vector<Analysis> process(const std::vector<Input>& batch,
                                const ProcessOptions& options) const;

 private:
  struct Networks {
    Network segmenter;
    Network classifier;
  };
  static Networks load(const PipelineOptions& options);

  PipelineOptions options_;
  Networks networks_;
};

}  // namespace cxr
