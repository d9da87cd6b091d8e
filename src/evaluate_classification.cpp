#include <algorithm>
#include <numeric>
#include <set>

#include "by_suffix.h"
#include "classification_report.h"
#include "cxr/csv.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/picture.h"
#include "cxr/pipeline.h"
#include "cxr/results.h"
#include "evaluation_data.h"
#include "evaluation_run.h"
#include "format.h"
#include "heat_inside_lungs.h"
#include "number.h"
#include "parallel.h"
#include "saved_pictures.h"

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

/// Runs the pipeline on some rows, batch by batch; `use` gets the row and what was found in it, on
/// several threads.
void judge(const Pipeline& pipeline, int batch_size, const EvaluationData& data,
           const std::vector<std::size_t>& rows, const std::string& what,
           const EvaluationProgress& progress,
           const std::function<void(std::size_t row, const Study& study)>& use) {
  in_batches(rows, batch_size, what, progress, [&](const std::vector<std::size_t>& some) {
    std::vector<Input> batch;
    batch.reserve(some.size());
    for (const std::size_t row : some) batch.push_back({data.rows[row].image, data.rows[row].name});
    const std::vector<Study> studies = pipeline.process(batch, {.explain = true});
    in_parallel(studies.size(), [&](std::size_t i) { use(some[i], studies[i]); });
  });
}

JudgedImage judged_image(const Study& study, std::size_t truth,
                         const std::vector<std::string>& classes) {
  const Finding& finding = study.finding;
  JudgedImage image;
  image.error = finding.error;
  if (!finding.judged()) return image;
  image.judgement = {
      truth, finding.predicted, {finding.probabilities.begin(), finding.probabilities.end()}};
  image.quality = finding.lungs.quality;
  if (!is_healthy(classes[finding.predicted])) image.heat_inside = heat_inside_lungs(study);
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

void draw_mistake(const fs::path& file, const Study& study, const JudgedImage& image,
                  const std::vector<std::string>& classes, HeatmapOptions options) {
  if (!study.finding.judged()) {
    throw Error("evaluate", study.finding.name, "could be read before and now cannot");
  }
  options.layout = Layout::panels;
  const std::string title = "said " + classes[image.judgement.predicted] + " (" +
                            fixed(image.judgement.confidence(), 2) + "), is " +
                            classes[image.judgement.truth];
  write_png(file, draw_picture(picture_content(study, title), options));
}

EvaluationSummary summary_of(const ClassificationReport& report) {
  EvaluationSummary summary;
  summary.images = report.run.images;
  summary.failed = report.run.failures.size();
  summary.table = classification_table(report);
  return summary;
}

/// Results of cxr-infer, found by the name of their image.
class ResultsTable {
 public:
  explicit ResultsTable(const fs::path& file) : table_(read_csv(file)) {
    for (std::size_t i = 0; i < table_.header.size(); ++i) {
      const std::string& name = table_.header[i];
      if (!name.starts_with("P(") || !name.ends_with(')')) continue;
      classes_.push_back(name.substr(2, name.size() - 3));
      probabilities_.push_back(i);
    }
    if (classes_.empty()) {
      throw Error("results", file.string(), "has no column 'P(CLASS)'; it must come of cxr-infer");
    }
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      const std::string name = without_guard(cell(i, "Image"));
      const auto [first, is_new] = rows_.try_emplace(name, i);
      if (!is_new) fail(i, "'" + name + "' is there already, so that results cannot be told apart");
    }
  }

  const std::vector<std::string>& classes() const { return classes_; }

  /// The judgement of an image; an error where there is no row, or the row says so.
  JudgedImage find(const std::string& name, std::size_t truth) {
    const auto row = row_of(name);
    JudgedImage image;
    if (row == rows_.end()) {
      image.error = "results: " + table_.file.string() + ": has no row for this image";
      return image;
    }
    if (!used_.try_emplace(row->second, name).second) {
      throw Error("results", table_.file.string(),
                  "'" + row->first + "' may be '" + used_[row->second] + "' or '" + name +
                      "'; images of one name in several folders cannot be told apart");
    }
    read(row->second, truth, image);
    return image;
  }

  /// Forgets an image that is not wanted, so that it does not count as unused.
  void leave_out(const std::string& name) {
    const auto row = row_of(name);
    if (row != rows_.end()) used_.try_emplace(row->second, name);
  }

  std::vector<std::string> unused() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      if (!used_.contains(i)) names.push_back(without_guard(cell(i, "Image")));
    }
    return names;
  }

 private:
  const std::string& cell(std::size_t row, const char* column) const {
    return table_.rows[row][table_.column(column)];
  }

  [[noreturn]] void fail(std::size_t row, const std::string& what) const {
    throw Error("results", table_.file.string(),
                "line " + std::to_string(table_.lines[row]) + ": " + what);
  }

  std::map<std::string, std::size_t>::const_iterator row_of(const std::string& name) const {
    return find_by_suffix(rows_, name);
  }

  void read(std::size_t row, std::size_t truth, JudgedImage& image) const {
    const std::string prediction = without_guard(cell(row, "Prediction"));
    if (prediction.empty()) {
      image.error = cell(row, "Error").empty() ? "results: no prediction" : cell(row, "Error");
      return;
    }
    image.judgement.truth = truth;
    const auto found = std::ranges::find(classes_, prediction);
    if (found == classes_.end()) fail(row, "'" + prediction + "' is none of: " + join(classes_));
    image.judgement.predicted = static_cast<std::size_t>(found - classes_.begin());
    double sum = 0;
    for (const std::size_t column : probabilities_) {
      const double probability = number_in(table_, row, column);
      if (probability < 0 || probability > 1) fail(row, "a probability is not in 0 to 1");
      image.judgement.probabilities.push_back(probability);
      sum += probability;
    }
    if (std::abs(sum - 1) > 0.01) fail(row, "the probabilities do not sum to 1");
    image.quality = number_in(table_, row, table_.column("Estimated Quality"));
  }

  CsvTable table_;
  std::vector<std::string> classes_;
  std::vector<std::size_t> probabilities_;
  std::map<std::string, std::size_t> rows_;
  std::map<std::size_t, std::string> used_;
};

}  // namespace

EvaluationSummary evaluate_classification(const Configuration& configuration,
                                          const EvaluationRequest& request,
                                          const EvaluationProgress& progress) {
  const EvaluationData data = read_evaluation_data(request, Purpose::classification);
  const Pipeline pipeline(configuration);
  const std::vector<std::string>& classes = pipeline.classes();
  const std::vector<std::size_t> truth = class_indices(data, classes);
  prepare_report_folder(request, data, kPictures);

  std::vector<JudgedImage> images(data.rows.size());
  std::vector<std::size_t> all(data.rows.size());
  std::iota(all.begin(), all.end(), 0U);
  judge(pipeline, configuration.batch_size, data, all, "images", progress,
        [&](std::size_t row, const Study& study) {
          images[row] = judged_image(study, truth[row], classes);
        });

  ClassificationReport report = make_report(request, data, images, classes);
  report.run.judges = {{"segmenter", configuration.segmenter.file.string()},
                       {"classifier", configuration.classifier.file.string()}};
  // The pictures of all images would not fit in memory: the few that are shown are made again.
  std::map<std::size_t, fs::path> pictures;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < report.mistakes.size(); ++i) {
    Mistake& mistake = report.mistakes[i];
    mistake.picture = (fs::path(kPictures) / worst_picture_name(i)).string();
    pictures[mistake.image] = request.out / mistake.picture;
    shown.push_back(mistake.image);
  }
  judge(pipeline, configuration.batch_size, data, shown, "pictures", progress,
        [&](std::size_t row, const Study& study) {
          draw_mistake(pictures.at(row), study, images[row], classes, configuration.heatmap);
        });
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
    images.push_back(table.find(data.rows[i].name, truth[i]));
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
