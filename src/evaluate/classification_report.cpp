#include "classification_report.h"

#include <algorithm>

namespace cxr {
namespace {

PredictionSample predictions_of(const std::vector<ClassifiedImage>& images,
                                const std::vector<std::size_t>& rows) {
  PredictionSample predictions;
  predictions.reserve(rows.size());
  for (const std::size_t row : rows) predictions.push_back(&images[row].prediction);
  return predictions;
}

std::vector<std::size_t> wrong_rows(const std::vector<ClassifiedImage>& images) {
  std::vector<std::size_t> rows = good_rows(images);
  std::erase_if(rows, [&](std::size_t row) { return images[row].prediction.correct(); });
  return rows;
}

std::vector<WorstCase> most_confident(const std::vector<ClassifiedImage>& images,
                                      std::vector<std::size_t> rows, int count) {
  std::ranges::stable_sort(rows, std::ranges::greater(),
                           [&](std::size_t row) { return images[row].prediction.confidence(); });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
  std::vector<WorstCase> cases;
  for (const std::size_t row : rows) cases.push_back({row, ""});
  return cases;
}

HeatMeasures measure_heat(const EvaluationData& data, const std::vector<ClassifiedImage>& images,
                          int resamples) {
  std::vector<std::size_t> rows = good_rows(images);
  std::erase_if(rows, [&](std::size_t row) { return !images[row].heat_inside; });
  const auto statistic = [&](const std::vector<std::size_t>& sample) -> std::vector<Measure> {
    std::vector<double> shares;
    std::vector<double> mostly;
    for (const std::size_t i : sample) {
      shares.push_back(*images[rows[i]].heat_inside);
      mostly.push_back(shares.back() >= kMostlyInside ? 1 : 0);
    }
    return {mean(shares), mean(mostly)};
  };
  const auto estimates = bootstrap(patients_of(data, rows), resamples, statistic);
  return {rows.size(), estimates[0], estimates[1]};
}

std::vector<std::vector<cv::Point2d>> precision_recall_of(const PredictionSample& predictions,
                                                          std::size_t classes) {
  std::vector<std::vector<cv::Point2d>> curves;
  for (std::size_t c = 0; c < classes; ++c) {
    Scores scores = scores_against_rest(predictions, c);
    curves.push_back(
        precision_recall_curve(std::move(scores.positives), std::move(scores.negatives)));
  }
  return curves;
}

}  // namespace

ClassificationReport make_classification_report(EvaluationRun run, const EvaluationData& data,
                                                const std::vector<ClassifiedImage>& images,
                                                const std::vector<std::string>& classes) {
  const EvaluationRequest& request = run.request;
  const std::vector<std::size_t> rows = good_rows(images);
  const auto measure = [&](const std::vector<std::size_t>& members) {
    return measure_classification(predictions_of(images, members), patients_of(data, members),
                                  classes.size(), request.bootstrap);
  };
  const auto predictions = predictions_of(images, rows);
  const std::vector<std::size_t> wrong = wrong_rows(images);
  ClassificationReport report{
      .run = std::move(run),
      .data = data,
      .images = images,
      .classes = classes,
      .overall = measure(rows),
      .by_column = measure_by_column<ClassificationMeasures>(data, rows, measure),
      .roc = roc_bands(predictions, patients_of(data, rows), classes.size(), request.bootstrap),
      .precision_recall = precision_recall_of(predictions, classes.size()),
      .reliability = reliability_of(predictions),
      .heat = measure_heat(data, images, request.bootstrap),
      .mistakes = wrong.size(),
      .worst_mistakes = most_confident(images, wrong, request.worst),
      .unused_results = {}};
  report.run.patients = report.overall.patients;
  return report;
}

}  // namespace cxr
