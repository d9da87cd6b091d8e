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

std::vector<Example> read(const EvaluationData& data, const std::vector<std::size_t>& rows) {
  std::vector<Example> examples(rows.size());
  each(rows.size(), [&](std::size_t i) {
    const EvaluationRow& row = data.rows[rows[i]];
    try {
      examples[i].image = read_radiograph(row.image);
      examples[i].truth = read_lung_mask(row.mask, examples[i].image.size());
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

/// Segments some rows, batch by batch; `use` gets each on several threads.
void judge(const Network& segmenter, int batch_size, const EvaluationData& data,
           const std::vector<std::size_t>& rows, const std::string& what,
           const EvaluationProgress& progress,
           const std::function<void(std::size_t row, const Example& example)>& use) {
  in_batches(rows, batch_size, what, progress, [&](const std::vector<std::size_t>& batch) {
    std::vector<Example> examples = read(data, batch);
    segment_all(segmenter, examples);
    each(batch.size(), [&](std::size_t i) { use(batch[i], examples[i]); });
  });
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

  std::vector<SegmentedImage> images(data.rows.size());
  std::vector<std::size_t> all(data.rows.size());
  std::iota(all.begin(), all.end(), 0U);
  judge(segmenter, configuration.batch_size, data, all, "images", progress,
        [&](std::size_t row, const Example& example) {
          if (example.error.empty()) {
            images[row] = compare(example);
          } else {
            images[row].error = example.error;
          }
        });

  SegmentationReport report = make_report(request, data, images);
  report.run.judges = {{"segmenter", configuration.segmenter.file.string()}};
  std::map<std::size_t, std::filesystem::path> pictures;
  std::vector<std::size_t> shown;
  for (const auto& [row, picture] : report.worst) {
    pictures[row] = request.out / picture;
    shown.push_back(row);
  }
  judge(segmenter, configuration.batch_size, data, shown, "pictures", progress,
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
