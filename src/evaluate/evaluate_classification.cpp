#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>

#include "base/format.h"
#include "classification_charts.h"
#include "classification_document.h"
#include "classification_report.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/pipeline.h"
#include "draw/drawing.h"
#include "draw/picture.h"
#include "draw/png.h"
#include "heat_inside_lungs.h"
#include "infer/results_table.h"
#include "infer/saved_pictures.h"
#include "judge_rows.h"
#include "report_folder.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMistakes = "mistakes";

bool is_healthy(const std::string& name) {
  const std::string healthy = kHealthyClass;
  return std::ranges::equal(name, healthy, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

ClassifiedImage outcome_of(const Result& result, std::size_t truth) {
  ClassifiedImage image;
  image.error = result.error;
  if (!result.judged()) return image;
  image.prediction = {
      truth, result.predicted, {result.probabilities.begin(), result.probabilities.end()}};
  image.quality = result.lungs.quality;
  return image;
}

cv::Mat draw_mistake(const Analysis& analysis, const ClassifiedImage& image,
                     const std::vector<std::string>& classes, HeatmapOptions options) {
  if (!analysis.result.judged()) {
    throw Error("evaluate", analysis.result.name, "was readable before but no longer is");
  }
  options.layout = Layout::panels;
  const std::string title = "predicted " + classes[image.prediction.predicted] + " (" +
                            fixed(image.prediction.confidence(), 2) + "), true class " +
                            classes[image.prediction.truth];
  return draw_picture(picture_content(analysis, title), options);
}

/// The pipeline, and the labelled images that it is evaluated on.
struct ClassificationRun {
  const Pipeline& pipeline;
  const Configuration& configuration;
  const EvaluationData& data;
  const EvaluationProgress& progress;

  /// See judge_rows(); the outputs are analyses with heat maps.
  template <typename OutcomeOf, typename Use>
  void judge(const std::vector<std::size_t>& rows, const std::string& what,
             const OutcomeOf& outcome_of_row, const Use& use) const {
    const auto process = [&](std::span<const std::size_t> some) {
      std::vector<Input> batch;
      for (const std::size_t row : some) {
        batch.push_back({data.rows[row].image, data.rows[row].name});
      }
      return pipeline.process(batch, {.explain = true});
    };
    judge_rows(configuration, rows, what, progress, process, outcome_of_row, use);
  }

  std::vector<ClassifiedImage> classify_all(const std::vector<std::size_t>& truth) const {
    std::vector<std::size_t> rows(data.rows.size());
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<ClassifiedImage> images(rows.size());
    judge(
        rows, "images",
        [&](std::size_t row, const Analysis& analysis) {
          const Result& result = analysis.result;
          ClassifiedImage image = outcome_of(result, truth[row]);
          const bool has_heat =
              result.judged() && !is_healthy(pipeline.classes()[result.predicted]);
          if (has_heat) image.heat_inside = heat_inside_lungs(analysis);
          return image;
        },
        [&](std::size_t row, ClassifiedImage& image) { images[row] = std::move(image); });
    return images;
  }

  /// The intermediates of all images would not fit in memory, so the shown images run again.
  void draw_mistakes(const ClassificationReport& report) const {
    std::vector<std::size_t> rows;
    std::map<std::size_t, fs::path> files;
    for (const auto& [row, picture] : report.worst_mistakes) {
      rows.push_back(row);
      files[row] = report.run.request.out / picture;
    }
    judge(
        rows, "pictures",
        [&](std::size_t row, const Analysis& analysis) {
          return draw_mistake(analysis, report.images[row], report.classes, configuration.heatmap);
        },
        [&](std::size_t row, const cv::Mat& picture) { write_png(files.at(row), picture); });
  }
};

EvaluationSummary write_report(const ClassificationReport& report) {
  const fs::path& out = report.run.request.out;
  write_text(out / "images.csv", classification_csv(report));
  write_json(out / "metrics.json", classification_json(report));
  write_drawing(out / "confusion.png", draw_confusion(report));
  write_drawing(out / "roc.png", draw_roc(report));
  write_drawing(out / "precision-recall.png", draw_precision_recall(report));
  write_drawing(out / "reliability.png", draw_reliability(report));
  write_text(out / "report.md", classification_markdown(report));
  return {report.run.images, report.run.failures.size(), classification_table(report), {}};
}

}  // namespace

EvaluationSummary evaluate_classification(const Configuration& configuration,
                                          const EvaluationRequest& request,
                                          const EvaluationProgress& progress) {
  const EvaluationData data = read_evaluation_data(request, Purpose::classification);
  const PipelineOptions& options = configuration.pipeline;
  const Pipeline pipeline(options);
  const std::vector<std::size_t> truth = class_indices(data, pipeline.classes());
  prepare_report_folder(request, data, kMistakes);

  const ClassificationRun run{pipeline, configuration, data, progress};
  const std::vector<ClassifiedImage> images = run.classify_all(truth);
  ClassificationReport report =
      make_classification_report(run_of(request, data, images,
                                        {{"segmenter", options.segmenter.file.string()},
                                         {"classifier", options.classifier.file.string()}}),
                                 data, images, pipeline.classes());
  name_pictures(kMistakes, report.worst_mistakes);
  run.draw_mistakes(report);
  return write_report(report);
}

EvaluationSummary evaluate_results(const fs::path& results, const EvaluationRequest& request) {
  const EvaluationData data = read_evaluation_data(request, Purpose::classification);
  ResultsTable table(results);
  const std::vector<std::size_t> truth = class_indices(data, table.classes());
  prepare_report_folder(request, data, kMistakes);

  std::vector<ClassifiedImage> images;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    images.push_back(outcome_of(table.find(data.rows[i].name), truth[i]));
  }
  for (const std::string& name : data.left_out) table.leave_out(name);

  ClassificationReport report =
      make_classification_report(run_of(request, data, images, {{"results", results.string()}}),
                                 data, images, table.classes());
  report.unused_results = table.unused();
  EvaluationSummary summary = write_report(report);
  if (!report.unused_results.empty()) {
    summary.notes.push_back(results.string() + ": " + counted(report.unused_results.size(), "row") +
                            " without an image in the manifest; the report lists them");
  }
  return summary;
}

}  // namespace cxr
