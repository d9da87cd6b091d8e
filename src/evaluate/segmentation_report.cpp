#include "segmentation_report.h"

#include <algorithm>

namespace cxr {
namespace {

using Figure = double SegmentedImage::*;

constexpr double kLowQuantile = 0.05;
constexpr Figure kFigures[] = {&SegmentedImage::dice, &SegmentedImage::iou,
                               &SegmentedImage::box_iou, &SegmentedImage::quality};
constexpr Spread SegmentationMeasures::*kSpreads[] = {
    &SegmentationMeasures::dice, &SegmentationMeasures::iou, &SegmentationMeasures::box_iou,
    &SegmentationMeasures::quality};

std::vector<double> values_of(Figure figure, const std::vector<SegmentedImage>& images,
                              const std::vector<std::size_t>& rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const std::size_t row : rows) values.push_back(images[row].*figure);
  return values;
}

/// All figures of the images in one row; measure_rows() takes them apart in the same order.
std::vector<Measure> figures_in_row(const std::vector<SegmentedImage>& images,
                                    const std::vector<std::size_t>& rows) {
  std::vector<Measure> figures;
  for (const Figure figure : kFigures) {
    const std::vector<double> values = values_of(figure, images, rows);
    figures.insert(figures.end(),
                   {mean(values), quantile(values, 0.5), quantile(values, kLowQuantile)});
  }
  figures.push_back(spearman(values_of(&SegmentedImage::quality, images, rows),
                             values_of(&SegmentedImage::dice, images, rows)));
  return figures;
}

SegmentationMeasures measure_rows(const EvaluationData& data,
                                  const std::vector<SegmentedImage>& images,
                                  const std::vector<std::size_t>& rows, int resamples) {
  const std::vector<std::string> patients = patients_of(data, rows);
  const auto statistic = [&](const std::vector<std::size_t>& sample) {
    std::vector<std::size_t> drawn;
    drawn.reserve(sample.size());
    for (const std::size_t i : sample) drawn.push_back(rows[i]);
    return figures_in_row(images, drawn);
  };
  const std::vector<Estimate> figures = bootstrap(patients, resamples, statistic);
  SegmentationMeasures measures;
  measures.images = rows.size();
  measures.patients = images_by_patient(patients).size();
  auto next = figures.begin();
  for (const auto spread : kSpreads) {
    (measures.*spread).mean = *next++;
    (measures.*spread).median = *next++;
    (measures.*spread).low = *next++;
  }
  measures.quality_and_dice = *next;
  return measures;
}

std::vector<WorstCase> lowest_dice(const std::vector<SegmentedImage>& images,
                                   std::vector<std::size_t> rows, int count) {
  std::ranges::stable_sort(rows, {}, [&](std::size_t row) { return images[row].dice; });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
  std::vector<WorstCase> cases;
  cases.reserve(rows.size());
  for (const std::size_t row : rows) cases.push_back({row, ""});
  return cases;
}

}  // namespace

SegmentationReport make_segmentation_report(EvaluationRun run, const EvaluationData& data,
                                            const std::vector<SegmentedImage>& images,
                                            const std::vector<ChangedImages>& changed) {
  const EvaluationRequest& request = run.request;
  const std::vector<std::size_t> rows = good_rows(images);
  const auto measure = [&](const std::vector<std::size_t>& members) {
    return measure_rows(data, images, members, request.bootstrap);
  };
  SegmentationReport report{
      .run = std::move(run),
      .data = data,
      .images = images,
      .overall = measure(rows),
      .by_column = measure_by_column<SegmentationMeasures>(data, rows, measure),
      .by_change = {},
      .worst = lowest_dice(images, rows, request.worst)};
  report.run.patients = report.overall.patients;
  for (const auto& [change, outcomes] : changed) {
    report.by_change.push_back(
        {change, measure_rows(data, outcomes, good_rows(outcomes), request.bootstrap)});
  }
  return report;
}

}  // namespace cxr
