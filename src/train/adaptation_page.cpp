#include "adaptation_page.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "metrics/metrics.h"
#include "metrics/text_table.h"

namespace cxr {
namespace {

constexpr int kResamples = 1000;

using SitePredictions = std::vector<SitePrediction>;

double log_loss(const LabelledPrediction& prediction) {
  constexpr double kLeast = 1e-7;  // a float's softmax hardly resolves less
  return -std::log(std::max(prediction.probabilities[prediction.truth], kLeast));
}

/// The mean over labels of the mean over each label's films of `value(film)`.
template <typename Value>
Measure mean_of_labels(const SitePredictions& films, const std::vector<std::size_t>& sample,
                       const Value& value) {
  std::map<std::size_t, std::vector<double>> of_label;
  for (const std::size_t i : sample) of_label[films[i].prediction.truth].push_back(value(i));
  std::vector<double> means;
  for (const auto& [label, values] : of_label) means.push_back(*mean(values));
  return mean(means);
}

/// The figures of one column of the table.
struct Figures {
  ClassificationMeasures measures;
  Estimate log_loss;
  Measure coverage;  ///< share of films whose class is in their prediction set
  Measure set_size;  ///< mean
};

Figures figures_of(const SitePredictions& films, const BeforeAfter& all,
                   const std::vector<std::string>& classes) {
  Figures figures;
  PredictionSample predictions;
  std::vector<double> covered, sizes;
  for (const auto& [prediction, set] : films) {
    predictions.push_back(&prediction);
    if (!set) continue;
    covered.push_back(std::ranges::count(*set, classes[prediction.truth]) > 0 ? 1 : 0);
    sizes.push_back(static_cast<double>(set->size()));
  }
  figures.measures = measure_classification(predictions, all.patients, classes.size(), kResamples);
  const auto loss = [&](const std::vector<std::size_t>& sample) -> std::vector<Measure> {
    return {
        mean_of_labels(films, sample, [&](std::size_t i) { return log_loss(*predictions[i]); })};
  };
  figures.log_loss = bootstrap(all.patients, kResamples, loss).front();
  figures.coverage = mean(covered);
  figures.set_size = mean(sizes);
  return figures;
}

template <typename Figure>
std::vector<std::string> row(const std::string& name, const Figure& before, const Figure& after) {
  return {name, format_measure(before), format_measure(after)};
}

std::string table_of(const Figures& before, const Figures& after,
                     const std::vector<std::string>& classes) {
  const ClassificationMeasures& b = before.measures;
  const ClassificationMeasures& a = after.measures;
  TextTable table{{"", "before", "after, cross-validated"}};
  table.push_back(row("log loss, labels alike", before.log_loss, after.log_loss));
  table.push_back(row("balanced accuracy", b.balanced_accuracy, a.balanced_accuracy));
  table.push_back(row("accuracy", b.accuracy, a.accuracy));
  table.push_back(row("expected calibration error", b.calibration_error, a.calibration_error));
  table.push_back(row("Brier score", b.brier, a.brier));
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (b.classes[c].images == 0) continue;
    table.push_back(
        row("sensitivity " + classes[c], b.classes[c].sensitivity, a.classes[c].sensitivity));
  }
  for (std::size_t p = 0; p < b.pairs.size(); ++p) {
    if (!b.pairs[p].auroc.value) continue;
    table.push_back(
        row("AUROC " + classes[b.pairs[p].first] + " against " + classes[b.pairs[p].second],
            b.pairs[p].auroc, a.pairs[p].auroc));
  }
  table.push_back(
      row("films whose class is in their prediction set", before.coverage, after.coverage));
  table.push_back(row("classes in a prediction set, mean", before.set_size, after.set_size));
  return markdown_table(table);
}

Measure balanced_accuracy(const SitePredictions& films) {
  ConfusionMatrix matrix(films.front().prediction.probabilities.size());
  for (const auto& [prediction, set] : films) ++matrix.at(prediction.truth, prediction.predicted);
  return matrix.balanced_accuracy();
}

}  // namespace

Estimate log_loss_gain(const BeforeAfter& films) {
  const auto gain = [&](const std::vector<std::size_t>& sample) -> std::vector<Measure> {
    return {mean_of_labels(films.before, sample, [&](std::size_t i) {
      return log_loss(films.before[i].prediction) - log_loss(films.after[i].prediction);
    })};
  };
  return bootstrap(films.patients, kResamples, gain).front();
}

std::string objection(const BeforeAfter& films) {
  const Estimate gain = log_loss_gain(films);
  if (!gain.interval || gain.interval->low <= 0) {
    return "the gain is within chance: log loss falls by " + format_measure(gain);
  }
  const Measure before = balanced_accuracy(films.before), after = balanced_accuracy(films.after);
  if (*after >= *before) return "";
  return "balanced accuracy falls from " + format_measure(before) + " to " + format_measure(after);
}

std::string adaptation_page(const BeforeAfter& films, const std::vector<std::string>& classes,
                            const std::vector<std::string>& origin) {
  std::string page = "# Adaptation of a classifier\n\n";
  for (const std::string& text : origin) page.append("- ").append(text).append("\n");
  page.append("\n").append(table_of(figures_of(films.before, films, classes),
                                    figures_of(films.after, films, classes), classes));
  page +=
      "\nIn brackets: 95 % bootstrap intervals by patient. After: each fifth of the patients was "
      "judged by a head that was fitted without it.\n\n";
  const std::string reason = objection(films);
  page.append(reason.empty() ? "**The model was written**: log loss falls by "
                             : "**No model was written**: ");
  page.append(reason.empty() ? format_measure(log_loss_gain(films)) : reason).append(".\n");
  return page + "\nFor research only, not for diagnosis.\n";
}

}  // namespace cxr
