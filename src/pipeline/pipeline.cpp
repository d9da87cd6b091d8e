#include "cxr/pipeline.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <numeric>
#include <opencv2/core/utility.hpp>

#include "base/utf8.h"
#include "classify.h"
#include "crop.h"
#include "cxr/error.h"
#include "cxr/read.h"
#include "enhance.h"
#include "explain.h"
#include "finite.h"
#include "network/threads.h"
#include "polarity.h"
#include "segment.h"

namespace cxr {
namespace {

using Analyses = std::vector<Analysis*>;

/// Runs a step and returns the milliseconds it took.
double milliseconds_of(const std::function<void()>& step) {
  const auto begin = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// Runs a step on each analysis by itself. What it throws is that analysis's error.
void for_each_timed(const Analyses& analyses, double Timings::*time,
                    const std::function<void(std::size_t, Analysis&)>& step) {
  for (std::size_t i = 0; i < analyses.size(); ++i) {
    Analysis& analysis = *analyses[i];
    analysis.result.milliseconds.*time += milliseconds_of([&] {
      try {
        step(i, analysis);
      } catch (const std::exception& error) {
        analysis.result.fail(error);
      }
    });
  }
}

/// Runs a step on all analyses as one batch; each bears its share of the time.
void timed_together(const Analyses& analyses, double Timings::*time,
                    const std::function<void()>& step) {
  const double milliseconds = milliseconds_of(step) / static_cast<double>(analyses.size());
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

/// Segments radiographs; negatives are inverted first.
std::vector<Segmentation> segment_upright(const Network& segmenter, const Analyses& analyses,
                                          const PipelineOptions& options) {
  std::vector<cv::Mat> images = collect(analyses, &Intermediates::image);
  std::vector<Segmentation> segmentations = segment(segmenter, images);
  if (options.polarity == Polarity::as_is) return segmentations;
  const std::vector<bool> inverted =
      turn_negatives(segmenter, images, segmentations, options.smallest_component);
  for (std::size_t i = 0; i < analyses.size(); ++i) {
    analyses[i]->result.inverted = inverted[i];
    analyses[i]->intermediates.image = images[i];
  }
  return segmentations;
}

void note_prediction(Result& result, const float* probabilities, const Contract& contract) {
  result.probabilities.assign(probabilities, probabilities + contract.classes.size());
  const auto best = std::max_element(result.probabilities.begin(), result.probabilities.end());
  result.predicted = static_cast<std::size_t>(best - result.probabilities.begin());
  result.prediction = contract.classes[result.predicted];
  if (!contract.conformal.empty()) result.prediction_set = prediction_set(probabilities, contract);
}

/// The mean of each feature map of an image, K x h x w.
std::vector<float> mean_of_maps(const float* maps, const std::vector<std::int64_t>& shape) {
  const auto pixels = static_cast<std::size_t>(shape[2] * shape[3]);
  std::vector<float> means(static_cast<std::size_t>(shape[1]));
  for (std::size_t k = 0; k < means.size(); ++k) {
    const float* map = maps + k * pixels;
    means[k] = std::accumulate(map, map + pixels, 0.0F) / static_cast<float>(pixels);
  }
  return means;
}

void note_classification(Analysis& analysis, const Classification& classification, std::size_t i,
                         const Contract& contract) {
  note_prediction(analysis.result, classification.probabilities.at(i), contract);
  const float* logits = classification.logits.at(i);
  analysis.intermediates.logits.assign(logits, logits + contract.classes.size());
  analysis.intermediates.features =
      mean_of_maps(classification.features.at(i), classification.features.shape);
}

}  // namespace

void Result::fail(const std::exception& exception) {
  status =
      dynamic_cast<const SkippedError*>(&exception) == nullptr ? Status::error : Status::skipped;
  const auto* error_of_ours = dynamic_cast<const Error*>(&exception);
  stage = error_of_ours == nullptr ? "unexpected" : error_of_ours->stage();
  error = to_utf8(exception.what());
}

Pipeline::Pipeline(const PipelineOptions& options) : options_(options), networks_(load(options)) {}

Pipeline::Networks Pipeline::load(const PipelineOptions& options) {
  const auto when = cv::getNumThreads() > 1 ? std::launch::async : std::launch::deferred;
  const OneCoreEach one_core_each;
  auto classifier = std::async(when, [&] {
    OneCoreEach::begin_thread();
    return Network(options.classifier.file, Contract::Kind::classifier, options.classifier.contract,
                   options.device, options.precision);
  });
  Network segmenter(options.segmenter.file, Contract::Kind::segmenter, options.segmenter.contract,
                    options.device, options.precision);
  return {std::move(segmenter), classifier.get()};
}

std::vector<Analysis> Pipeline::process(const std::vector<Input>& batch,
                                        const ProcessOptions& options) const {
  std::vector<Analysis> analyses(batch.size());
  Analyses open;
  for (Analysis& analysis : analyses) open.push_back(&analysis);

  for_each_timed(open, &Timings::read, [&](std::size_t i, Analysis& analysis) {
    analysis.result.name = batch[i].name;
    analysis.result.file = to_utf8(batch[i].file.string());
    if (!batch[i].problem.empty()) throw Error("read", batch[i].file.string(), batch[i].problem);
    Radiograph radiograph = read_radiograph(batch[i].file, {.force = options.force});
    analysis.intermediates.image = std::move(radiograph.image);
    analysis.result.notes = std::move(radiograph.notes);
    analysis.result.image_size = analysis.intermediates.image.size();
  });
  open = still_open(std::move(open));
  if (open.empty()) return analyses;

  std::vector<Segmentation> segmentations;
  timed_together(open, &Timings::segment,
                 [&] { segmentations = segment_upright(segmenter(), open, options_); });

  for_each_timed(open, &Timings::enhance, [&](std::size_t i, Analysis& analysis) {
    auto& [result, intermediates] = analysis;
    const cv::Mat& lungs = segmentations[i].lung_probability;
    require_finite({lungs.ptr<float>(), lungs.total()}, "segment", segmenter());
    intermediates.lung_mask = segmentations[i].mask;
    result.lungs = find_lung_box(lungs, intermediates.lung_mask, result.image_size,
                                 options_.smallest_component);
    const double threshold = options_.crop_confidence_threshold;
    result.lungs_trusted = is_trusted(result.lungs, threshold);
    result.crop = choose_crop(result.lungs, threshold, result.image_size);
    const Contract& wanted = classifier().contract();
    intermediates.enhanced = enhance(cut_out(intermediates.image, result.crop, wanted.film_side),
                                     wanted.enhance_side, wanted.planes);
  });
  open = still_open(std::move(open));
  if (open.empty()) return analyses;

  Classification classification;
  timed_together(open, &Timings::classify, [&] {
    classification = classify(classifier(), collect(open, &Intermediates::enhanced));
  });
  for_each_timed(open, &Timings::classify, [&](std::size_t i, Analysis& analysis) {
    require_finite({classification.probabilities.at(i), classes().size()}, "classify",
                   classifier());
    note_classification(analysis, classification, i, classifier().contract());
  });
  if (!options.explain) return analyses;

  NdArray maps;
  const CamMethod method = options_.cam_method;
  timed_together(open, &Timings::explain, [&] {
    maps = class_activation_maps(classifier(), classification, predictions(open), method);
  });
  const cv::Size map_size(static_cast<int>(maps.shape[2]), static_cast<int>(maps.shape[1]));
  for_each_timed(open, &Timings::explain, [&](std::size_t i, Analysis& analysis) {
    if (!analysis.result.judged()) return;
    analysis.intermediates.heat_map = heat_map(maps.at(i), map_size, classifier().contract().input,
                                               analysis.result.crop.size(), method);
  });
  return analyses;
}

}  // namespace cxr
