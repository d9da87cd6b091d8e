#include <map>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "base/format.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/read.h"
#include "draw/drawing.h"
#include "draw/png.h"
#include "judge_rows.h"
#include "pipeline/finite.h"
#include "pipeline/segment.h"
#include "read/lung_mask.h"
#include "report_folder.h"
#include "segmentation_charts.h"
#include "segmentation_document.h"
#include "segmentation_report.h"

namespace cxr {
namespace {

constexpr const char* kWorst = "worst";

/// One radiograph with its true and its predicted mask.
struct Example {
  std::string error;
  cv::Mat image;
  cv::Mat truth;  ///< CV_8UC1, of the image's size
  Segmentation predicted;
};

/// The predicted mask at the image's size.
cv::Mat predicted_mask(const Example& example) {
  cv::Mat probability;
  cv::resize(example.predicted.lung_probability, probability, example.image.size(), 0, 0,
             cv::INTER_LINEAR);
  return probability > 0.5F;
}

/// One way in which an image may differ from the training data.
struct Change {
  const char* name;
  std::function<void(cv::Mat& image, cv::Mat& mask)> apply;
};

const std::vector<Change>& all_changes() {
  static const std::vector<Change> all{
      {"rotated by 90 degrees",
       [](cv::Mat& image, cv::Mat& mask) {
         cv::rotate(image, image, cv::ROTATE_90_CLOCKWISE);
         cv::rotate(mask, mask, cv::ROTATE_90_CLOCKWISE);
       }},
      {"rotated by 180 degrees",
       [](cv::Mat& image, cv::Mat& mask) {
         cv::rotate(image, image, cv::ROTATE_180);
         cv::rotate(mask, mask, cv::ROTATE_180);
       }},
      {"mirrored",
       [](cv::Mat& image, cv::Mat& mask) {
         cv::flip(image, image, 1);
         cv::flip(mask, mask, 1);
       }},
      {"inverted", [](cv::Mat& image, cv::Mat&) { cv::bitwise_not(image, image); }},
      {"contrast reduced to a quarter",
       [](cv::Mat& image, cv::Mat&) { image.convertTo(image, -1, 0.25, 96); }}};
  return all;
}

SegmentedImage compare_masks(const Example& example, double smallest_component) {
  if (!example.error.empty()) return {.error = example.error};
  const cv::Size size = example.image.size();
  const cv::Mat mask = predicted_mask(example);
  cv::Mat certain;
  example.truth.convertTo(certain, CV_32FC1, 1.0 / 255);
  const LungBox predicted = find_lung_box(example.predicted.lung_probability,
                                          example.predicted.mask, size, smallest_component);
  const LungBox truth = find_lung_box(certain, example.truth, size, smallest_component);
  return {.error = "",
          .dice = dice(mask, example.truth),
          .iou = iou(mask, example.truth),
          .box_iou = box_iou(predicted.box, truth.box),
          .quality = predicted.quality};
}

Example read_example(const EvaluationRow& row, const Change* change) {
  Example example;
  try {
    example.image = read_radiograph(row.image).image;
    example.truth = read_lung_mask(row.mask, example.image.size());
    if (change != nullptr) change->apply(example.image, example.truth);
  } catch (const std::exception& error) {
    example.error = error.what();
  }
  return example;
}

void segment_examples(const Network& segmenter, std::vector<Example>& examples) {
  std::vector<cv::Mat> images;
  for (const Example& example : examples) {
    if (example.error.empty()) images.push_back(example.image);
  }
  auto segmentations = segment(segmenter, images);
  auto next = segmentations.begin();
  for (Example& example : examples) {
    if (!example.error.empty()) continue;
    example.predicted = std::move(*next++);
    try {
      const cv::Mat& lungs = example.predicted.lung_probability;
      require_finite({lungs.ptr<float>(), lungs.total()}, "segment", segmenter);
    } catch (const Error& error) {
      example.error = error.what();
    }
  }
}

/// The segmenter, and the images with masks that it is evaluated on.
struct SegmentationRun {
  const Network& segmenter;
  const Configuration& configuration;
  const EvaluationData& data;
  const EvaluationProgress& progress;

  /// See judge_rows(); the outputs are examples, changed unless `change` is null.
  template <typename OutcomeOf, typename Use>
  void judge(const std::vector<std::size_t>& rows, const Change* change, const std::string& what,
             const OutcomeOf& outcome_of, const Use& use) const {
    const auto read_and_segment = [&](std::span<const std::size_t> some) {
      std::vector<Example> examples;
      for (const std::size_t row : some) examples.push_back(read_example(data.rows[row], change));
      segment_examples(segmenter, examples);
      return examples;
    };
    judge_rows(configuration, rows, what, progress, read_and_segment, outcome_of, use);
  }

  std::vector<SegmentedImage> segment_all(const Change* change) const {
    std::vector<std::size_t> rows(data.rows.size());
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<SegmentedImage> images(rows.size());
    judge(
        rows, change, change == nullptr ? "images" : change->name,
        [&](std::size_t, const Example& example) {
          return compare_masks(example, configuration.pipeline.smallest_component);
        },
        [&](std::size_t row, SegmentedImage& image) { images[row] = std::move(image); });
    return images;
  }

  std::vector<ChangedImages> segment_all_changed() const {
    std::vector<ChangedImages> changed;
    changed.reserve(all_changes().size());
    for (const Change& change : all_changes()) {
      changed.push_back({change.name, segment_all(&change)});
    }
    return changed;
  }

  void draw_worst(const SegmentationReport& report) const {
    std::vector<std::size_t> rows;
    std::map<std::size_t, std::filesystem::path> files;
    for (const auto& [row, picture] : report.worst) {
      rows.push_back(row);
      files[row] = report.run.request.out / picture;
    }
    judge(
        rows, nullptr, "pictures",
        [&](std::size_t row, const Example& example) {
          const std::string& name = data.rows[row].name;
          if (!example.error.empty()) throw Error("evaluate", name, example.error);
          const SegmentedImage& image = report.images[row];
          return draw_masks(
              example.image, example.truth, predicted_mask(example),
              name + "   Dice " + fixed(image.dice, 3) + "   IoU " + fixed(image.iou, 3));
        },
        [&](std::size_t row, const cv::Mat& picture) { write_png(files.at(row), picture); });
  }
};

EvaluationSummary write_report(const SegmentationReport& report) {
  const std::filesystem::path& out = report.run.request.out;
  write_text(out / "images.csv", segmentation_csv(report));
  write_json(out / "metrics.json", segmentation_json(report));
  write_drawing(out / "dice.png", draw_dice(report));
  write_drawing(out / "quality.png", draw_quality(report));
  write_text(out / "report.md", segmentation_markdown(report));
  return {report.run.images, report.run.failures.size(), segmentation_table(report), {}};
}

}  // namespace

EvaluationSummary evaluate_segmentation(const Configuration& configuration,
                                        const EvaluationRequest& request,
                                        const EvaluationProgress& progress) {
  const EvaluationData data = read_evaluation_data(request, Purpose::segmentation);
  const PipelineOptions& options = configuration.pipeline;
  const Network segmenter(options.segmenter.file, Contract::Kind::segmenter,
                          options.segmenter.contract, options.device, options.precision);
  prepare_report_folder(request, data, kWorst);

  const SegmentationRun run{segmenter, configuration, data, progress};
  const std::vector<SegmentedImage> images = run.segment_all(nullptr);
  std::vector<ChangedImages> changed;
  if (request.robustness) changed = run.segment_all_changed();
  SegmentationReport report = make_segmentation_report(
      run_of(request, data, images, {{"segmenter", options.segmenter.file.string()}}), data, images,
      changed);
  name_pictures(kWorst, report.worst);
  run.draw_worst(report);
  return write_report(report);
}

}  // namespace cxr
