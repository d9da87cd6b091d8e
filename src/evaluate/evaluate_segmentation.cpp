#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "base/format.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/read.h"
#include "draw/picture.h"
#include "evaluation_data.h"
#include "evaluation_run.h"
#include "pipeline/segment.h"
#include "read/lung_mask.h"
#include "segmentation_report.h"

namespace cxr {
namespace {

constexpr const char* kPictures = "worst";

/// One radiograph with its true mask, and what the segmenter sees in it.
struct Example {
  std::string error;
  cv::Mat image;
  cv::Mat truth;  ///< CV_8UC1, of the image's size
  Segmentation seen;
};

/// The network's mask at the image's size.
cv::Mat mask_of(const Example& example) {
  cv::Mat probability;
  cv::resize(example.seen.lung_probability, probability, example.image.size(), 0, 0,
             cv::INTER_LINEAR);
  return probability > 0.5F;
}

/// A way in which a film may come otherwise than it should.
struct Change {
  const char* name;
  std::function<void(cv::Mat& image, cv::Mat& mask)> apply;
};

const std::vector<Change>& changes() {
  static const std::vector<Change> all{
      {"turned by 90 degrees",
       [](cv::Mat& image, cv::Mat& mask) {
         cv::rotate(image, image, cv::ROTATE_90_CLOCKWISE);
         cv::rotate(mask, mask, cv::ROTATE_90_CLOCKWISE);
       }},
      {"turned by 180 degrees",
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
      {"a quarter of the contrast",
       [](cv::Mat& image, cv::Mat&) { image.convertTo(image, -1, 0.25, 96); }}};
  return all;
}

SegmentedImage compare(const Example& example) {
  if (!example.error.empty()) return {.error = example.error};
  const cv::Size size = example.image.size();
  const cv::Mat mask = mask_of(example);
  cv::Mat certain;
  example.truth.convertTo(certain, CV_32FC1, 1.0 / 255);
  const LungBox seen = find_lung_box(example.seen.lung_probability, example.seen.mask, size);
  const LungBox truth = find_lung_box(certain, example.truth, size);
  return {.error = "",
          .dice = dice(mask, example.truth),
          .iou = iou(mask, example.truth),
          .box_iou = box_iou(seen.box, truth.box),
          .quality = seen.quality};
}

Example read(const EvaluationRow& row, const Change* change) {
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

void segment_all(const Network& segmenter, std::vector<Example>& examples) {
  std::vector<cv::Mat> images;
  for (const Example& example : examples) {
    if (example.error.empty()) images.push_back(example.image);
  }
  auto seen = segment(segmenter, images);
  auto next = seen.begin();
  for (Example& example : examples) {
    if (example.error.empty()) example.seen = std::move(*next++);
  }
}

/// What the segmenter is judged on, and with.
struct Judge {
  const Network& segmenter;
  const Configuration& configuration;
  const EvaluationData& data;
  const EvaluationProgress& progress;

  /// Segments some rows, changed or as they are. `outcome_of(row, example)` keeps what is wanted of
  /// each, on all threads; `use(row, outcome)` gets it in order.
  template <typename OutcomeOf, typename Use>
  void run(const std::vector<std::size_t>& rows, const Change* change, const std::string& what,
           const OutcomeOf& outcome_of, const Use& use) const {
    const auto read_and_segment = [&](std::span<const std::size_t> some) {
      std::vector<Example> examples;
      for (const std::size_t row : some) examples.push_back(read(data.rows[row], change));
      segment_all(segmenter, examples);
      return examples;
    };
    judge_rows(configuration, rows, what, progress, read_and_segment, outcome_of, use);
  }

  std::vector<SegmentedImage> all(const Change* change) const {
    std::vector<std::size_t> rows(data.rows.size());
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<SegmentedImage> images(rows.size());
    run(
        rows, change, change == nullptr ? "images" : change->name,
        [](std::size_t, const Example& example) { return compare(example); },
        [&](std::size_t row, SegmentedImage& image) { images[row] = std::move(image); });
    return images;
  }
};

std::vector<WorstCase> lowest_dice(const std::vector<SegmentedImage>& images, int count) {
  std::vector<std::size_t> rows = good_rows(images);
  std::ranges::stable_sort(rows, {}, [&](std::size_t row) { return images[row].dice; });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
  std::vector<WorstCase> worst;
  worst.reserve(rows.size());
  for (const std::size_t row : rows) {
    worst.push_back({row, std::string(kPictures) + "/" + worst_picture_name(worst.size())});
  }
  return worst;
}

SegmentationMeasures measure(const EvaluationData& data, const std::vector<SegmentedImage>& images,
                             const std::vector<std::size_t>& rows, int resamples) {
  std::vector<SegmentedImage> chosen;
  chosen.reserve(rows.size());
  for (const std::size_t row : rows) chosen.push_back(images[row]);
  return measure_segmentation(chosen, patients_of(data, rows), resamples);
}

SegmentationReport make_report(const EvaluationRequest& request, const EvaluationData& data,
                               const std::vector<SegmentedImage>& images) {
  SegmentationReport report{.run = record_of(request, data, images),
                            .data = data,
                            .images = images,
                            .overall = {},
                            .by_column = {},
                            .changed = {},
                            .worst = lowest_dice(images, request.worst)};
  const std::vector<std::size_t> rows = good_rows(images);
  const auto measured = [&](const std::vector<std::size_t>& members) {
    return measure(data, images, members, request.bootstrap);
  };
  report.overall = measured(rows);
  report.run.patients = report.overall.patients;
  report.by_column = measure_by_column<GroupSegmentation>(data, rows, measured);
  return report;
}

}  // namespace

EvaluationSummary evaluate_segmentation(const Configuration& configuration,
                                        const EvaluationRequest& request,
                                        const EvaluationProgress& progress) {
  const EvaluationData data = read_evaluation_data(request, Purpose::segmentation);
  const PipelineOptions& options = configuration.pipeline;
  const Network segmenter(options.segmenter.file, Contract::Kind::segmenter,
                          options.segmenter.contract, options.device);
  prepare_report_folder(request, data, kPictures);

  const Judge judge{segmenter, configuration, data, progress};
  const auto images = judge.all(nullptr);
  SegmentationReport report = make_report(request, data, images);
  if (request.robustness) {
    for (const Change& change : changes()) {
      const auto changed = judge.all(&change);
      report.changed.push_back(
          {change.name, measure(data, changed, good_rows(changed), request.bootstrap)});
    }
  }
  report.run.judges = {{"segmenter", options.segmenter.file.string()}};
  std::map<std::size_t, std::filesystem::path> pictures;
  std::vector<std::size_t> shown;
  for (const auto& [row, picture] : report.worst) {
    pictures[row] = request.out / picture;
    shown.push_back(row);
  }
  judge.run(
      shown, nullptr, "pictures",
      [&](std::size_t row, const Example& example) {
        const std::string& name = data.rows[row].name;
        if (!example.error.empty()) throw Error("evaluate", name, example.error);
        return draw_contours(
            example.image, example.truth, mask_of(example),
            name + "   Dice " + fixed(images[row].dice, 3) + "   IoU " + fixed(images[row].iou, 3));
      },
      [&](std::size_t row, const cv::Mat& picture) { write_png(pictures.at(row), picture); });
  write_segmentation_report(report);
  return {report.run.images, report.run.failures.size(), segmentation_table(report), {}};
}

}  // namespace cxr
