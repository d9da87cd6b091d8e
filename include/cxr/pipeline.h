#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/inputs.h"
#include "cxr/lung_box.h"
#include "cxr/network.h"

namespace cxr {

/// What was found in one radiograph. One that could not be judged has no prediction: only its name
/// and error hold.
struct Finding {
  std::string name;   ///< as in Input
  std::string error;  ///< one line: stage, file, what was wrong; empty where all went well
  std::string prediction;
  std::vector<float> probabilities;  ///< of each class, in the classifier's order; they sum to 1
  std::size_t predicted = 0;         ///< index of the prediction in `probabilities`
  LungBox lungs;
  bool lungs_trusted = false;  ///< see is_trusted()
  cv::Rect crop;               ///< what was classified: the lung box, or all of the image
  cv::Size image_size;
  double milliseconds = 0;  ///< its own steps, and its share of what a batch does together

  bool failed() const { return !error.empty(); }
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
  Views views;  ///< empty where the finding failed
};

/// From a radiograph's path to a finding: read, segment, lung box, crop, enhance, classify,
/// explain. Holds both networks; immutable and safe to use from several threads.
class Pipeline {
 public:
  /// Loads both networks. Throws Error as Network does.
  explicit Pipeline(const Configuration& configuration);

  /// Names of the classes, in the order of Finding::probabilities.
  const std::vector<std::string>& classes() const { return classifier_.contract().classes; }

  /// Reads and judges radiographs as one batch; the studies are in the inputs' order. An image
  /// that cannot be read is a failed finding and does not touch the others. `explain` asks for heat
  /// maps. Holds all images of the batch in memory.
  std::vector<Study> process(const std::vector<Input>& batch, bool explain) const;

 private:
  Configuration configuration_;
  Network segmenter_;
  Network classifier_;
};

}  // namespace cxr
