#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/picture.h"
#include "cxr/read.h"
#include "cxr/segment.h"
#include "evaluation_data.h"
#include "evaluation_run.h"
#include "format.h"
#include "lung_mask.h"
#include "parallel.h"
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

std::vector<Example> read(const EvaluationData& data, const std::vector<std::size_t>& rows,
                          const Change* change) {
  std::vector<Example> examples(rows.size());
  in_parallel(rows.size(), [&](std::size_t i) {
    const EvaluationRow& row = data.rows[rows[i]];
    try {
      examples[i].image = read_radiograph(row.image);
      examples[i].truth = read_lung_mask(row.mask, examples[i].image.size());
      if (change != nullptr) change->apply(examples[i].image, examples[i].truth);
    } catch (const std::exception& error) {
      examples[i].error = error.what();
    }
  });
  return examples;
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

/// Segments some rows, changed or as they are, batch by batch; `use` gets each on several threads.
void judge(const Network& segmenter, int batch_size, const EvaluationData& data,
           const std::vector<std::size_t>& rows, const Change* change, const std::string& what,
           const EvaluationProgress& progress,
           const std::function<void(std::size_t row, const Example& example)>& use) {
  in_batches(rows, batch_size, what, progress, [&](const std::vector<std::size_t>& batch) {
    std::vector<Example> examples = read(data, batch, change);
    segment_all(segmenter, examples);
    in_parallel(batch.size(), [&](std::size_t i) { use(batch[i], examples[i]); });
  });
}

std::vector<SegmentedImage> judge_all(const Network& segmenter, int batch_size,
                                      const EvaluationData& data, const Change* change,
                                      const EvaluationProgress& progress) {
  std::vector<SegmentedImage> images(data.rows.size());
  std::vector<std::size_t> all(data.rows.size());
  std::iota(all.begin(), all.end(), 0U);
  judge(segmenter, batch_size, data, all, change, change == nullptr ? "images" : change->name,
        progress, [&](std::size_t row, const Example& example) {
          if (example.error.empty()) {
            images[row] = compare(example);
          } else {
            images[row].error = example.error;
          }
        });
  return images;
}

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
  const Network segmenter(configuration.segmenter.file, Contract::Kind::segmenter,
                          configuration.segmenter.contract);
  prepare_report_folder(request, data, kPictures);

  const int batch_size = configuration.batch_size;
  const auto images = judge_all(segmenter, batch_size, data, nullptr, progress);
  SegmentationReport report = make_report(request, data, images);
  if (request.robustness) {
    for (const Change& change : changes()) {
      const auto changed = judge_all(segmenter, batch_size, data, &change, progress);
      report.changed.push_back(
          {change.name, measure(data, changed, good_rows(changed), request.bootstrap)});
    }
  }
  report.run.judges = {{"segmenter", configuration.segmenter.file.string()}};
  std::map<std::size_t, std::filesystem::path> pictures;
  std::vector<std::size_t> shown;
  for (const auto& [row, picture] : report.worst) {
    pictures[row] = request.out / picture;
    shown.push_back(row);
  }
  judge(segmenter, batch_size, data, shown, nullptr, "pictures", progress,
        [&](std::size_t row, const Example& example) {
          if (!example.error.empty()) throw Error("evaluate", data.rows[row].name, example.error);
          const SegmentedImage& image = images[row];
          write_png(pictures.at(row),
                    draw_contours(example.image, example.truth, mask_of(example),
                                  data.rows[row].name + "   Dice " + fixed(image.dice, 3) +
                                      "   IoU " + fixed(image.iou, 3)));
        });
  write_segmentation_report(report);
  return {report.run.images, report.run.failures.size(), segmentation_table(report), {}};
}

}  // namespace cxr
