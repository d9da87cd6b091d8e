#include "cxr/pipeline.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/utf8.h"
#include "classify.h"
#include "cxr/error.h"
#include "cxr/read.h"
#include "enhance.h"
#include "explain.h"
#include "segment.h"

namespace cxr {
namespace {

using Analyses = std::vector<Analysis*>;

/// Runs a step and returns the milliseconds it took.
double timed(const std::function<void()>& step) {
  const auto begin = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// Runs a step on each analysis by itself. What it throws is that analysis's error.
void each(const Analyses& analyses, double Timings::*time,
          const std::function<void(std::size_t, Analysis&)>& step) {
  for (std::size_t i = 0; i < analyses.size(); ++i) {
    Analysis& analysis = *analyses[i];
    analysis.result.milliseconds.*time += timed([&] {
      try {
        step(i, analysis);
      } catch (const std::exception& error) {
        analysis.result.fail(error);
      }
    });
  }
}

/// Runs a step on all analyses as one batch; each bears its share of the time.
void together(const Analyses& analyses, double Timings::*time, const std::function<void()>& step) {
  const double milliseconds = timed(step) / static_cast<double>(analyses.size());
  for (Analysis* analysis : analyses) analysis->result.milliseconds.*time += milliseconds;
}

Analyses still_open(Analyses analyses) {
  std::erase_if(analyses, [](const Analysis* analysis) { return !analysis->result.judged(); });
  return analyses;
}

std::vector<cv::Mat> collect(const Analyses& analyses, cv::Mat Intermediates::*image) {
  std::vector<cv::Mat> collected;
  for (const Analysis* analysis : analyses) collected.push_back(analysis->intermediates.*image);
  return collected;
}

std::vector<std::size_t> predictions(const Analyses& analyses) {
  std::vector<std::size_t> collected;
  for (const Analysis* analysis : analyses) collected.push_back(analysis->result.predicted);
  return collected;
}

void note_prediction(Result& result, const float* probabilities,
                     const std::vector<std::string>& classes) {
  result.probabilities.assign(probabilities, probabilities + classes.size());
  const auto best = std::max_element(result.probabilities.begin(), result.probabilities.end());
  result.predicted = static_cast<std::size_t>(best - result.probabilities.begin());
  result.prediction = classes[result.predicted];
}

}  // namespace

void Result::fail(const std::exception& exception) {
  status =
      dynamic_cast<const SkippedError*>(&exception) == nullptr ? Status::error : Status::skipped;
  const auto* error_of_ours = dynamic_cast<const Error*>(&exception);
  stage = error_of_ours == nullptr ? "unexpected" : error_of_ours->stage();
  error = to_utf8(exception.what());
}

Pipeline::Pipeline(const PipelineOptions& options)
    : options_(options),
      segmenter_(options.segmenter.file, Contract::Kind::segmenter, options.segmenter.contract,
                 options.device),
      classifier_(options.classifier.file, Contract::Kind::classifier, options.classifier.contract,
                  options.device) {}

std::vector<Analysis> Pipeline::process(const std::vector<Input>& batch,
                                        const ProcessOptions& options) const {
  std::vector<Analysis> analyses(batch.size());
  Analyses open;
  for (Analysis& analysis : analyses) open.push_back(&analysis);

  each(open, &Timings::read, [&](std::size_t i, Analysis& analysis) {
    if (options.reading) options.reading(&batch[i]);
    analysis.result.name = batch[i].name;
    analysis.result.file = to_utf8(batch[i].file.string());
    if (!batch[i].problem.empty()) throw Error("read", batch[i].file.string(), batch[i].problem);
    analysis.intermediates.image = read_radiograph(batch[i].file, {.force = options.force});
    analysis.result.image_size = analysis.intermediates.image.size();
  });
  if (options.reading) options.reading(nullptr);
  open = still_open(std::move(open));
  if (open.empty()) return analyses;

  std::vector<Segmentation> segmentations;
  together(open, &Timings::segment,
           [&] { segmentations = segment(segmenter_, collect(open, &Intermediates::image)); });

  each(open, &Timings::enhance, [&](std::size_t i, Analysis& analysis) {
    auto& [result, intermediates] = analysis;
    intermediates.lung_mask = segmentations[i].mask;
    result.lungs = find_lung_box(segmentations[i].lung_probability, intermediates.lung_mask,
                                 result.image_size);
    const double threshold = options_.crop_confidence_threshold;
    result.lungs_trusted = is_trusted(result.lungs, threshold);
    result.crop = choose_crop(result.lungs, threshold, result.image_size);
    const Contract& wanted = classifier_.contract();
    intermediates.enhanced =
        enhance(intermediates.image(result.crop), wanted.enhance_side, wanted.planes);
  });
  open = still_open(std::move(open));
  if (open.empty()) return analyses;

  Classification classification;
  together(open, &Timings::classify, [&] {
    classification = classify(classifier_, collect(open, &Intermediates::enhanced));
  });
  for (std::size_t i = 0; i < open.size(); ++i) {
    note_prediction(open[i]->result, classification.probabilities.at(i), classes());
  }
  if (!options.explain) return analyses;

  NdArray maps;
  const CamMethod method = options_.cam_method;
  together(open, &Timings::explain, [&] {
    maps = class_activation_maps(classifier_, classification, predictions(open), method);
  });
  const cv::Size map_size(static_cast<int>(maps.shape[2]), static_cast<int>(maps.shape[1]));
  each(open, &Timings::explain, [&](std::size_t i, Analysis& analysis) {
    analysis.intermediates.heat_map = heat_map(maps.at(i), map_size, classifier_.contract().input,
                                               analysis.result.crop.size(), method);
  });
  return analyses;
}

}  // namespace cxr
