#include <algorithm>
#include <numeric>
#include <set>

#include "base/csv.h"
#include "base/format.h"
#include "classification_report.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/pipeline.h"
#include "draw/picture.h"
#include "evaluation_data.h"
#include "evaluation_run.h"
#include "heat_inside_lungs.h"
#include "infer/results_table.h"
#include "infer/saved_pictures.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPictures = "mistakes";

bool is_healthy(const std::string& name) {
  const std::string healthy = kHealthyClass;
  return std::ranges::equal(name, healthy, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

/// Runs the pipeline on some rows. `outcome_of(row, analysis)` keeps what is wanted of each, on all
/// threads; `use(row, outcome)` gets it in order.
template <typename OutcomeOf, typename Use>
void judge(const Pipeline& pipeline, const Configuration& configuration, const EvaluationData& data,
           const std::vector<std::size_t>& rows, const std::string& what,
           const EvaluationProgress& progress, const OutcomeOf& outcome_of, const Use& use) {
  const auto process = [&](std::span<const std::size_t> some) {
    std::vector<Input> batch;
    for (const std::size_t row : some) batch.push_back({data.rows[row].image, data.rows[row].name});
    return pipeline.process(batch, {.explain = true});
  };
  judge_rows(configuration, rows, what, progress, process, outcome_of, use);
}

JudgedImage judged_image(const Result& result, std::size_t truth) {
  JudgedImage image;
  image.error = result.error;
  if (!result.judged()) return image;
  image.judgement = {
      truth, result.predicted, {result.probabilities.begin(), result.probabilities.end()}};
  image.quality = result.lungs.quality;
  return image;
}

/// The wrong predictions with the highest confidence, the surest first.
std::vector<Mistake> worst_mistakes(const std::vector<JudgedImage>& images, int count) {
  std::vector<Mistake> mistakes;
  for (const std::size_t row : good_rows(images)) {
    if (!images[row].judgement.right()) mistakes.push_back({row, ""});
  }
  std::ranges::stable_sort(mistakes, std::ranges::greater(), [&](const Mistake& mistake) {
    return images[mistake.image].judgement.confidence();
  });
  mistakes.resize(std::min(mistakes.size(), static_cast<std::size_t>(count)));
  return mistakes;
}

HeatMeasures measure_heat(const EvaluationData& data, const std::vector<JudgedImage>& images,
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

ClassificationMeasures measure(const EvaluationData& data, const std::vector<JudgedImage>& images,
                               const std::vector<std::size_t>& rows, std::size_t classes,
                               int resamples) {
  std::vector<Judgement> judgements;
  judgements.reserve(rows.size());
  for (const std::size_t row : rows) judgements.push_back(images[row].judgement);
  return measure_classification(judgements, patients_of(data, rows), classes, resamples);
}

/// All figures of judged images; without pictures.
ClassificationReport make_report(const EvaluationRequest& request, const EvaluationData& data,
                                 const std::vector<JudgedImage>& images,
                                 const std::vector<std::string>& classes) {
  ClassificationReport report{.run = record_of(request, data, images),
                              .data = data,
                              .images = images,
                              .classes = classes,
                              .overall = {},
                              .by_column = {},
                              .heat = measure_heat(data, images, request.bootstrap),
                              .mistakes = worst_mistakes(images, request.worst),
                              .unused_results = {}};
  const std::vector<std::size_t> rows = good_rows(images);
  const auto measured = [&](const std::vector<std::size_t>& members) {
    return measure(data, images, members, classes.size(), request.bootstrap);
  };
  report.overall = measured(rows);
  report.run.patients = report.overall.patients;
  report.by_column = measure_by_column<GroupMeasures>(data, rows, measured);
  return report;
}

cv::Mat draw_mistake(const Analysis& analysis, const JudgedImage& image,
                     const std::vector<std::string>& classes, HeatmapOptions options) {
  if (!analysis.result.judged()) {
    throw Error("evaluate", analysis.result.name, "could be read before and now cannot");
  }
  options.layout = Layout::panels;
  const std::string title = "predicted " + classes[image.judgement.predicted] + " (" +
                            fixed(image.judgement.confidence(), 2) + "), true class " +
                            classes[image.judgement.truth];
  return draw_picture(picture_content(analysis, title), options);
}

EvaluationSummary summary_of(const ClassificationReport& report) {
  EvaluationSummary summary;
  summary.images = report.run.images;
  summary.failed = report.run.failures.size();
  summary.table = classification_table(report);
  return summary;
}

}  // namespace

EvaluationSummary evaluate_classification(const Configuration& configuration,
                                          const EvaluationRequest& request,
                                          const EvaluationProgress& progress) {
  const EvaluationData data = read_evaluation_data(request, Purpose::classification);
  const Pipeline pipeline(configuration.pipeline);
  const std::vector<std::string>& classes = pipeline.classes();
  const std::vector<std::size_t> truth = class_indices(data, classes);
  prepare_report_folder(request, data, kPictures);

  std::vector<JudgedImage> images(data.rows.size());
  std::vector<std::size_t> all(data.rows.size());
  std::iota(all.begin(), all.end(), 0U);
  judge(
      pipeline, configuration, data, all, "images", progress,
      [&](std::size_t row, const Analysis& analysis) {
        JudgedImage image = judged_image(analysis.result, truth[row]);
        const bool has_heat =
            analysis.result.judged() && !is_healthy(classes[analysis.result.predicted]);
        if (has_heat) image.heat_inside = heat_inside_lungs(analysis);
        return image;
      },
      [&](std::size_t row, JudgedImage& image) { images[row] = std::move(image); });

  ClassificationReport report = make_report(request, data, images, classes);
  report.run.judges = {{"segmenter", configuration.pipeline.segmenter.file.string()},
                       {"classifier", configuration.pipeline.classifier.file.string()}};
  // The pictures of all images would not fit in memory: the few that are shown are made again.
  std::map<std::size_t, fs::path> pictures;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < report.mistakes.size(); ++i) {
    Mistake& mistake = report.mistakes[i];
    mistake.picture = (fs::path(kPictures) / worst_picture_name(i)).string();
    pictures[mistake.image] = request.out / mistake.picture;
    shown.push_back(mistake.image);
  }
  judge(
      pipeline, configuration, data, shown, "pictures", progress,
      [&](std::size_t row, const Analysis& analysis) {
        return draw_mistake(analysis, images[row], classes, configuration.heatmap);
      },
      [&](std::size_t row, const cv::Mat& picture) { write_png(pictures.at(row), picture); });
  write_classification_report(report);
  return summary_of(report);
}

EvaluationSummary evaluate_results(const fs::path& results, const EvaluationRequest& request) {
  const EvaluationData data = read_evaluation_data(request, Purpose::classification);
  ResultsTable table(results);
  const std::vector<std::size_t> truth = class_indices(data, table.classes());
  prepare_report_folder(request, data, kPictures);

  std::vector<JudgedImage> images;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    images.push_back(judged_image(table.find(data.rows[i].name), truth[i]));
  }
  for (const std::string& name : data.left_out) table.leave_out(name);

  ClassificationReport report = make_report(request, data, images, table.classes());
  report.run.judges = {{"results", results.string()}};
  report.unused_results = table.unused();
  write_classification_report(report);
  EvaluationSummary summary = summary_of(report);
  if (!report.unused_results.empty()) {
    summary.notes.push_back(
        results.string() + ": " + std::to_string(report.unused_results.size()) +
        " rows are of images that the manifest does not name; the report lists them");
  }
  return summary;
}

}  // namespace cxr
