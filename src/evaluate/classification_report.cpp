#include "classification_report.h"

#include <algorithm>

#include "base/csv.h"
#include "base/format.h"
#include "draw/picture.h"
#include "draw/plot.h"

namespace cxr {
namespace {

using Json = nlohmann::ordered_json;

const cv::Scalar kDiagonal(150, 150, 150);
const cv::Scalar kBars(233, 180, 86);
constexpr double kBinWidth = 1.0 / kReliabilityBins;
const cv::Size kSquare(1000, 1000);

std::vector<const Judgement*> judgements_of(const ClassificationReport& report) {
  std::vector<const Judgement*> judged;
  for (const JudgedImage& image : report.images) {
    if (image.error.empty()) judged.push_back(&image.judgement);
  }
  return judged;
}

TextTable confusion_table(const ConfusionMatrix& matrix, const std::vector<std::string>& classes) {
  TextTable table{{""}};
  table[0].insert(table[0].end(), classes.begin(), classes.end());
  table[0].emplace_back("Sensitivity");
  for (std::size_t truth = 0; truth < classes.size(); ++truth) {
    std::vector<std::string>& row = table.emplace_back(std::vector{classes[truth]});
    for (std::size_t c = 0; c < classes.size(); ++c) {
      row.push_back(std::to_string(matrix.at(truth, c)));
    }
    row.push_back(format_measure(matrix.sensitivity(truth), 4));
  }
  std::vector<std::string>& last = table.emplace_back(std::vector<std::string>{"P.P.V."});
  for (std::size_t c = 0; c < classes.size(); ++c) {
    last.push_back(format_measure(matrix.positive_predictive_value(c), 4));
  }
  last.emplace_back();
  return table;
}

TextTable headline_table(const ClassificationReport& report) {
  const ClassificationMeasures& all = report.overall;
  TextTable table{{"All images", "Value (95 % interval)"},
                  {"Accuracy", format_measure(all.accuracy)},
                  {"Balanced accuracy", format_measure(all.balanced_accuracy)},
                  {"Calibration error", format_measure(all.calibration_error)},
                  {"Brier score (0–2)", format_measure(all.brier)}};
  return table;
}

TextTable class_table(const ClassificationReport& report) {
  TextTable table{{"Class", "Images", "Sensitivity", "P.P.V.", "AUROC against the rest"}};
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    const ClassMeasures& of_class = report.overall.classes[c];
    table.push_back({report.classes[c], std::to_string(of_class.images),
                     format_measure(of_class.sensitivity), format_measure(of_class.ppv),
                     format_measure(of_class.auroc)});
  }
  return table;
}

std::string pair_name(const ClassificationReport& report, const PairMeasures& pair) {
  return report.classes[pair.first] + " against " + report.classes[pair.second];
}

TextTable pair_table(const ClassificationReport& report) {
  TextTable table{{"Pair", "AUROC"}};
  for (const PairMeasures& pair : report.overall.pairs) {
    table.push_back({pair_name(report, pair), format_measure(pair.auroc)});
  }
  return table;
}

std::string group_section(const ClassificationReport& report, const std::string& column,
                          const std::vector<GroupMeasures>& groups) {
  TextTable accuracy{{column, "Images", "Patients", "Accuracy", "Balanced accuracy"}};
  TextTable sensitivity{{column}};
  TextTable auroc{{column}};
  TextTable pairs{{column, "Pair", "Images", "AUROC"}};
  for (const std::string& name : report.classes) {
    sensitivity[0].push_back(name);
    auroc[0].push_back(name);
  }
  for (const auto& [value, measures] : groups) {
    const std::string name = group_name(value);
    accuracy.push_back({name, std::to_string(measures.images), std::to_string(measures.patients),
                        format_measure(measures.accuracy),
                        format_measure(measures.balanced_accuracy)});
    auto& sensitivities = sensitivity.emplace_back(std::vector{name});
    auto& aurocs = auroc.emplace_back(std::vector{name});
    bool has_auroc = false;
    for (const ClassMeasures& of_class : measures.classes) {
      const bool has_images = of_class.images > 0;
      sensitivities.push_back(format_measure(of_class.sensitivity) +
                              (has_images ? " of " + std::to_string(of_class.images) : ""));
      aurocs.push_back(format_measure(of_class.auroc));
      has_auroc = has_auroc || of_class.auroc.value;
    }
    if (!has_auroc) auroc.pop_back();
    for (const PairMeasures& pair : measures.pairs) {
      if (!pair.auroc.value) continue;
      const auto& classes = measures.classes;
      pairs.push_back({name, pair_name(report, pair),
                       std::to_string(classes[pair.first].images) + " + " +
                           std::to_string(classes[pair.second].images),
                       format_measure(pair.auroc)});
    }
  }
  std::string section = "## By " + markdown_code(column) + "\n\n" + markdown_table(accuracy) +
                        "\nSensitivity, and of how many images:\n\n" + markdown_table(sensitivity);
  if (pairs.size() == 1) {
    return section +
           "\nNo group has two classes: nothing here says whether the network tells diseases apart "
           "or "
           "only the groups.\n\n";
  }
  section += "\nAUROC of each class against the rest, within a group:\n\n" + markdown_table(auroc);
  section +=
      "\nAUROC of two classes within a group. A network that tells the groups apart instead of the "
      "diseases scores about 0.5 here, whatever it scores on all images.\n\n" +
      markdown_table(pairs);
  return section + "\n";
}

std::string heat_section(const ClassificationReport& report) {
  if (report.heat.images == 0) return "";
  return std::string("## Heat inside the lungs\n\nOf the ") + std::to_string(report.heat.images) +
         " images predicted as something else than " + kHealthyClass +
         ", how much of the hottest part of the heat map (0.8 of its maximum and above, weighted "
         "by "
         "heat) lies in the lung mask widened by 5 % of the lung box's longer side.\n\n" +
         markdown_table(
             {{"", "Value (95 % interval)"},
              {"Mean share inside", format_measure(report.heat.mean)},
              {"Images with at least 0.8 inside", format_measure(report.heat.mostly_inside)}}) +
         "\n";
}

std::string mistake_section(const ClassificationReport& report) {
  const auto judged = judgements_of(report);
  const auto wrong = std::ranges::count_if(judged, [](const Judgement* j) { return !j->right(); });
  std::string section = "## Worst mistakes\n\n" + std::to_string(wrong) + " of " +
                        std::to_string(report.overall.images) + " images are called wrong. ";
  if (report.mistakes.empty()) return section + "\n\n";
  section += "Those with the highest confidence:\n\n";
  TextTable table{{"Image", "Said", "Confidence", "Is"}};
  std::string pictures;
  for (const auto& [index, picture] : report.mistakes) {
    const Judgement& judgement = report.images[index].judgement;
    const std::string& name = report.data.rows[index].name;
    table.push_back({name, report.classes[judgement.predicted], fixed(judgement.confidence(), 4),
                     report.classes[judgement.truth]});
    if (!picture.empty()) pictures += markdown_code(name) + "\n\n![](" + picture + ")\n\n";
  }
  return section + markdown_table(table) + "\n" + pictures;
}

std::string unused_section(const ClassificationReport& report) {
  if (report.unused_results.empty()) return "";
  std::string section = "## Results without an image\n\nThe manifest does not name these " +
                        std::to_string(report.unused_results.size()) +
                        " images of the results:\n\n";
  for (const std::string& name : report.unused_results)
    section += "- " + markdown_code(name) + "\n";
  return section + "\n";
}

std::string markdown(const ClassificationReport& report) {
  std::string result = "# Evaluation of the classification\n\n" + describe(report.run) +
                       "## All images\n\nRows are what is true, columns what was predicted.\n\n" +
                       markdown_table(confusion_table(report.overall.confusion, report.classes)) +
                       "\n" + markdown_table(headline_table(report)) + "\n" +
                       markdown_table(class_table(report)) + "\n" +
                       markdown_table(pair_table(report)) + "\n";
  result += "Calibration error: expected calibration error of the predicted class, " +
            std::to_string(kReliabilityBins) +
            " bins of equal width. Pairs: images of both classes, by p / (p + q).\n\n"
            "![Confusion matrix](confusion.png)\n\n![ROC curves](roc.png)\n\n"
            "![Reliability diagram](reliability.png)\n\n";
  for (const auto& [column, groups] : report.by_column) {
    result += group_section(report, column, groups);
  }
  return result + heat_section(report) + mistake_section(report) + failure_section(report.run) +
         unused_section(report);
}

Json json_of(const ClassificationMeasures& measures, const std::vector<std::string>& classes) {
  Json by_class;
  Json confusion = Json::array();
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const ClassMeasures& of_class = measures.classes[c];
    by_class[classes[c]] = {{"images", of_class.images},
                            {"sensitivity", to_json(of_class.sensitivity)},
                            {"positive_predictive_value", to_json(of_class.ppv)},
                            {"auroc", to_json(of_class.auroc)}};
    Json row = Json::array();
    for (std::size_t p = 0; p < classes.size(); ++p) row.push_back(measures.confusion.at(c, p));
    confusion.push_back(std::move(row));
  }
  Json pairs = Json::array();
  for (const PairMeasures& pair : measures.pairs) {
    pairs.push_back(
        {{"classes", {classes[pair.first], classes[pair.second]}}, {"auroc", to_json(pair.auroc)}});
  }
  return {{"images", measures.images},
          {"patients", measures.patients},
          {"confusion", std::move(confusion)},
          {"accuracy", to_json(measures.accuracy)},
          {"balanced_accuracy", to_json(measures.balanced_accuracy)},
          {"calibration_error", to_json(measures.calibration_error)},
          {"brier_score", to_json(measures.brier)},
          {"classes", std::move(by_class)},
          {"pairs", std::move(pairs)}};
}

Json reliability_json(const std::vector<ReliabilityBin>& bins) {
  Json json = Json::array();
  for (const ReliabilityBin& bin : bins) {
    const bool empty = bin.images == 0;
    json.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"images", bin.images},
                    {"confidence", empty ? Json() : Json(bin.confidence)},
                    {"accuracy", empty ? Json() : Json(bin.accuracy)}});
  }
  return json;
}

Json json_of(const ClassificationReport& report) {
  Json json{{"task", "classification"}};
  json.update(to_json(report.run));
  json["classes"] = report.classes;
  json["overall"] = json_of(report.overall, report.classes);
  json["by"] = Json::object();
  for (const auto& [column, groups] : report.by_column) {
    for (const auto& [value, measures] : groups) {
      json["by"][column][value] = json_of(measures, report.classes);
    }
  }
  json["reliability"] = reliability_json(reliability_of(judgements_of(report)));
  json["heat_inside_lungs"] = {{"images", report.heat.images},
                               {"mean", to_json(report.heat.mean)},
                               {"at_least_0.8", to_json(report.heat.mostly_inside)}};
  json["mistakes"] = Json::array();
  for (const auto& [index, picture] : report.mistakes) {
    const Judgement& judgement = report.images[index].judgement;
    json["mistakes"].push_back({{"image", report.data.rows[index].name},
                                {"prediction", report.classes[judgement.predicted]},
                                {"confidence", judgement.confidence()},
                                {"label", report.classes[judgement.truth]},
                                {"picture", picture.empty() ? Json() : Json(picture)}});
  }
  json["unused_results"] = report.unused_results;
  return json;
}

std::string images_csv(const ClassificationReport& report) {
  std::vector<std::string> header{"image", "label", "prediction", "confidence"};
  for (const std::string& name : report.classes) header.push_back("P(" + name + ")");
  header.insert(header.end(), {"estimated_quality", "heat_inside_lungs", "error"});
  const std::size_t own = header.size();
  header.insert(header.end(), report.data.columns.begin(), report.data.columns.end());
  std::string csv = csv_line(header);
  for (std::size_t i = 0; i < report.images.size(); ++i) {
    const JudgedImage& image = report.images[i];
    const EvaluationRow& row = report.data.rows[i];
    std::vector<std::string> cells{row.name, row.label};
    if (image.error.empty()) {
      cells.push_back(report.classes[image.judgement.predicted]);
      cells.push_back(fixed(image.judgement.confidence(), 6));
      for (const double p : image.judgement.probabilities) cells.push_back(fixed(p, 6));
      cells.push_back(fixed(image.quality, 4));
      cells.push_back(image.heat_inside ? fixed(*image.heat_inside, 4) : "");
    }
    cells.resize(own - 1);
    cells.push_back(image.error);
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    csv += csv_line(cells);
  }
  return csv;
}

Chart roc_chart(const ClassificationReport& report) {
  Chart chart{"ROC curves, each class against the rest",
              {"1 - specificity", 0, 1},
              {"sensitivity", 0, 1},
              {{"", {{0, 0}, {1, 1}}, kDiagonal, Series::Mark::dashes}}};
  const auto judgements = judgements_of(report);
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    Scores scores = scores_against_rest(judgements, c);
    const Measure& area = report.overall.classes[c].auroc.value;
    chart.series.push_back({report.classes[c] + " (" + (area ? fixed(*area, 3) : "-") + ")",
                            roc_curve(std::move(scores.positives), std::move(scores.negatives)),
                            series_color(c)});
  }
  return chart;
}

double middle(const ReliabilityBin& bin) { return (bin.low + bin.high) / 2; }

Chart reliability_chart(const std::vector<ReliabilityBin>& bins, const Measure& error) {
  Series accuracy{"accuracy", {}, kBars, Series::Mark::bars, kBinWidth};
  Series confidence{"mean confidence", {}, series_color(1), Series::Mark::dots};
  for (const ReliabilityBin& bin : bins) {
    if (bin.images == 0) continue;
    accuracy.points.emplace_back(middle(bin), bin.accuracy);
    confidence.points.emplace_back(middle(bin), bin.confidence);
  }
  const Series ideal{"ideal", {{0, 0}, {1, 1}}, kDiagonal, Series::Mark::dashes};
  return {"Reliability (calibration error " + (error ? fixed(*error, 3) : "-") + ")",
          {"confidence", 0, 1},
          {"accuracy", 0, 1},
          {accuracy, ideal, confidence}};
}

Chart bin_count_chart(const std::vector<ReliabilityBin>& bins) {
  Series count{"", {}, kBars, Series::Mark::bars, kBinWidth};
  std::vector<Series> from_nought{{"", {{0, 0}, {0, 1}}, {}}};
  for (const ReliabilityBin& bin : bins) {
    if (bin.images > 0) count.points.emplace_back(middle(bin), static_cast<double>(bin.images));
  }
  from_nought.push_back(count);
  Axis images = axis_around("images", from_nought);
  images.whole = true;
  return {"Images in each bin", {"confidence", 0, 1}, images, {count}};
}

}  // namespace

void write_classification_report(const ClassificationReport& report) {
  const std::filesystem::path& out = report.run.request.out;
  write_text(out / "images.csv", images_csv(report));
  write_text(out / "metrics.json",
             json_of(report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write_png(out / "confusion.png",
            draw_confusion_matrix(report.overall.confusion, report.classes,
                                  std::to_string(report.overall.images) + " images"));
  write_png(out / "roc.png", draw_charts({roc_chart(report)}, kSquare));
  const auto bins = reliability_of(judgements_of(report));
  cv::Mat reliability;
  cv::vconcat(
      draw_charts({reliability_chart(bins, report.overall.calibration_error.value)}, kSquare),
      draw_charts({bin_count_chart(bins)}, {kSquare.width, 480}), reliability);
  write_png(out / "reliability.png", reliability);
  write_text(out / "report.md", markdown(report));
}

std::string classification_table(const ClassificationReport& report) {
  return plain_table(confusion_table(report.overall.confusion, report.classes)) + "\n" +
         plain_table(headline_table(report)) + "\n" + plain_table(class_table(report));
}

}  // namespace cxr
