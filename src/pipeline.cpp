#include "cxr/pipeline.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "cxr/classify.h"
#include "cxr/enhance.h"
#include "cxr/error.h"
#include "cxr/explain.h"
#include "cxr/read.h"
#include "cxr/segment.h"
#include "parallel.h"
#include "threads.h"
#include "utf8.h"

namespace cxr {
namespace {

using Studies = std::vector<Study*>;

/// Runs a step and returns the milliseconds it took.
double timed(const std::function<void()>& step) {
  const auto begin = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// Runs a step on each study by itself, on all cores. What it throws is that study's error.
void each(const Studies& studies, double Timings::*time,
          const std::function<void(std::size_t, Study&)>& step) {
  in_parallel(studies.size(), [&](std::size_t i) {
    Study& study = *studies[i];
    study.finding.milliseconds.*time += timed([&] {
      try {
        step(i, study);
      } catch (const std::exception& error) {
        study.finding.fail(error);
      }
    });
  });
}

/// Runs a step on all studies as one batch; each bears its share of the time.
void together(const Studies& studies, double Timings::*time, const std::function<void()>& step) {
  const double milliseconds = timed(step) / static_cast<double>(studies.size());
  for (Study* study : studies) study->finding.milliseconds.*time += milliseconds;
}

Studies still_open(Studies studies) {
  std::erase_if(studies, [](const Study* study) { return !study->finding.judged(); });
  return studies;
}

std::vector<cv::Mat> views(const Studies& studies, cv::Mat Views::*view) {
  std::vector<cv::Mat> collected;
  for (const Study* study : studies) collected.push_back(study->views.*view);
  return collected;
}

std::vector<std::size_t> predictions(const Studies& studies) {
  std::vector<std::size_t> collected;
  for (const Study* study : studies) collected.push_back(study->finding.predicted);
  return collected;
}

void note_prediction(Finding& finding, const float* probabilities,
                     const std::vector<std::string>& classes) {
  finding.probabilities.assign(probabilities, probabilities + classes.size());
  const auto best = std::max_element(finding.probabilities.begin(), finding.probabilities.end());
  finding.predicted = static_cast<std::size_t>(best - finding.probabilities.begin());
  finding.prediction = classes[finding.predicted];
}

}  // namespace

const char* to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::skipped:
      return "skipped";
    case Status::error:
      return "error";
  }
  return "";
}

void Finding::fail(const std::exception& exception) {
  status =
      dynamic_cast<const SkippedError*>(&exception) == nullptr ? Status::error : Status::skipped;
  error = to_utf8(exception.what());
}

Pipeline::Pipeline(const Configuration& configuration)
    : configuration_(configuration),
      segmenter_(configuration.segmenter.file, Contract::Kind::segmenter,
                 configuration.segmenter.contract, configuration.device),
      classifier_(configuration.classifier.file, Contract::Kind::classifier,
                  configuration.classifier.contract, configuration.device) {
  use_threads(configuration.threads);
}

std::vector<Study> Pipeline::process(const std::vector<Input>& batch,
                                     const ProcessOptions& options) const {
  std::vector<Study> studies(batch.size());
  Studies open;
  for (Study& study : studies) open.push_back(&study);

  each(open, &Timings::read, [&](std::size_t i, Study& study) {
    study.finding.name = batch[i].name;
    study.views.image = read_radiograph(batch[i].file, {.force = options.force});
    study.finding.image_size = study.views.image.size();
  });
  open = still_open(std::move(open));
  if (open.empty()) return studies;

  std::vector<Segmentation> segmentations;
  together(open, &Timings::segment,
           [&] { segmentations = segment(segmenter_, views(open, &Views::image)); });

  each(open, &Timings::enhance, [&](std::size_t i, Study& study) {
    auto& [finding, pictures] = study;
    pictures.lung_mask = segmentations[i].mask;
    finding.lungs =
        find_lung_box(segmentations[i].lung_probability, pictures.lung_mask, finding.image_size);
    const double threshold = configuration_.crop_confidence_threshold;
    finding.lungs_trusted = is_trusted(finding.lungs, threshold);
    finding.crop = choose_crop(finding.lungs, threshold, finding.image_size);
    const Contract& wanted = classifier_.contract();
    pictures.enhanced = enhance(pictures.image(finding.crop), wanted.enhance_side, wanted.planes);
  });
  open = still_open(std::move(open));
  if (open.empty()) return studies;

  Classification classification;
  together(open, &Timings::classify,
           [&] { classification = classify(classifier_, views(open, &Views::enhanced)); });
  for (std::size_t i = 0; i < open.size(); ++i) {
    note_prediction(open[i]->finding, classification.probabilities.at(i), classes());
  }
  if (!options.explain) return studies;

  NdArray maps;
  const CamMethod method = configuration_.heatmap.method;
  together(open, &Timings::explain, [&] {
    maps = class_activation_maps(classifier_, classification, predictions(open), method);
  });
  const cv::Size map_size(static_cast<int>(maps.shape[2]), static_cast<int>(maps.shape[1]));
  each(open, &Timings::explain, [&](std::size_t i, Study& study) {
    study.views.heat_map = heat_map(maps.at(i), map_size, classifier_.contract().input,
                                    study.finding.crop.size(), method);
  });
  return studies;
}

}  // namespace cxr
