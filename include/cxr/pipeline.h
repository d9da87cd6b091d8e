#pragma once

#include <cstddef>
#include <exception>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/inputs.h"
#include "cxr/lung_box.h"
#include "cxr/network.h"

namespace cxr {

enum class Status {
  ok,
  skipped,  ///< it says of itself that it is no frontal chest radiograph: see SkippedError
  error
};

const char* to_string(Status status);

/// Milliseconds that the steps took: an image's own, and its share of what a batch does together.
struct Timings {
  double read = 0, segment = 0, enhance = 0, classify = 0, explain = 0;

  double total() const { return read + segment + enhance + classify + explain; }
};

/// What was found in one radiograph. One that could not be judged has no prediction: only its name,
/// status and error hold.
struct Finding {
  std::string name;  ///< as in Input
  Status status = Status::ok;
  std::string error;  ///< one line: stage, file, what was wrong, or why skipped; empty where `ok`
  std::string prediction;
  std::vector<float> probabilities;  ///< of each class, in the classifier's order; they sum to 1
  std::size_t predicted = 0;         ///< index of the prediction in `probabilities`
  LungBox lungs;
  bool lungs_trusted = false;  ///< see is_trusted()
  cv::Rect crop;               ///< what was classified: the lung box, or all of the image
  cv::Size image_size;
  Timings milliseconds;

  bool judged() const { return status == Status::ok; }
  /// What a step threw.
  void fail(const std::exception& exception);
};

/// The pictures behind a finding.
struct Views {
  cv::Mat image;      ///< CV_8UC1
  cv::Mat lung_mask;  ///< CV_8UC1, at the segmenter's resolution
  cv::Mat enhanced;   ///< CV_8UC3, of the crop
  cv::Mat heat_map;   ///< CV_32FC1, of the crop's size, 0..1; only where explained
};

struct Study {
  Finding finding;
  Views views;  ///< empty where it could not be judged
};

struct ProcessOptions {
  bool explain = false;  ///< make heat maps
  bool force = false;    ///< judge what would be skipped, too: see ReadOptions
};

/// From a radiograph's path to a finding: read, segment, lung box, crop, enhance, classify,
/// explain. Holds both networks; immutable and safe to use from several threads.
class Pipeline {
 public:
  /// Loads both networks. Throws Error as Network does.
  explicit Pipeline(const Configuration& configuration);

  const Network& segmenter() const { return segmenter_; }
  const Network& classifier() const { return classifier_; }

  /// Names of the classes, in the order of Finding::probabilities.
  const std::vector<std::string>& classes() const { return classifier_.contract().classes; }

  /// Reads and judges radiographs as one batch; the studies are in the inputs' order. An image
  /// that cannot be read has status and error, and does not touch the others. Holds all images of
  /// the batch in memory.
  std::vector<Study> process(const std::vector<Input>& batch, const ProcessOptions& options) const;

 private:
  Configuration configuration_;
  Network segmenter_;
  Network classifier_;
};

}  // namespace cxr
