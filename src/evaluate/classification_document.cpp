#include "classification_document.h"

#include "base/csv.h"
#include "base/format.h"
#include "metrics/text_table.h"
#include "run_document.h"

namespace cxr {
namespace {

using Json = nlohmann::ordered_json;

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
  return {{"All images", "Value (95 % interval)"},
          {"Accuracy", format_measure(all.accuracy)},
          {"Balanced accuracy", format_measure(all.balanced_accuracy)},
          {"Calibration error", format_measure(all.calibration_error)},
          {"Brier score (0–2)", format_measure(all.brier)}};
}

TextTable class_table(const ClassificationReport& report) {
  TextTable table{{"Class", "Images", "Sensitivity", "P.P.V.", "AUROC (one vs. rest)"}};
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    const ClassMeasures& of_class = report.overall.classes[c];
    table.push_back({report.classes[c], std::to_string(of_class.images),
                     format_measure(of_class.sensitivity), format_measure(of_class.ppv),
                     format_measure(of_class.auroc)});
  }
  return table;
}

std::string pair_name(const ClassificationReport& report, const PairMeasures& pair) {
  return report.classes[pair.first] + " vs. " + report.classes[pair.second];
}

TextTable pair_table(const ClassificationReport& report) {
  TextTable table{{"Pair", "AUROC"}};
  for (const PairMeasures& pair : report.overall.pairs) {
    table.push_back({pair_name(report, pair), format_measure(pair.auroc)});
  }
  return table;
}

using ClassificationGroups = ColumnGroups<ClassificationMeasures>;

TextTable accuracy_by_group(const ClassificationGroups& by) {
  TextTable table{{by.column, "Images", "Patients", "Accuracy", "Balanced accuracy"}};
  for (const auto& [value, measures] : by.groups) {
    table.push_back({group_name(value), std::to_string(measures.images),
                     std::to_string(measures.patients), format_measure(measures.accuracy),
                     format_measure(measures.balanced_accuracy)});
  }
  return table;
}

/// The header of a table with a column for each class.
TextTable class_columns(const ClassificationReport& report, const std::string& first) {
  TextTable table{{first}};
  table[0].insert(table[0].end(), report.classes.begin(), report.classes.end());
  return table;
}

TextTable sensitivity_by_group(const ClassificationReport& report, const ClassificationGroups& by) {
  TextTable table = class_columns(report, by.column);
  for (const auto& [value, measures] : by.groups) {
    auto& row = table.emplace_back(std::vector{group_name(value)});
    for (const ClassMeasures& of_class : measures.classes) {
      const std::string count = " of " + std::to_string(of_class.images);
      row.push_back(format_measure(of_class.sensitivity) + (of_class.images > 0 ? count : ""));
    }
  }
  return table;
}

/// Omits groups in which it is undefined for all classes.
TextTable auroc_by_group(const ClassificationReport& report, const ClassificationGroups& by) {
  TextTable table = class_columns(report, by.column);
  for (const auto& [value, measures] : by.groups) {
    std::vector<std::string> row{group_name(value)};
    bool is_defined = false;
    for (const ClassMeasures& of_class : measures.classes) {
      row.push_back(format_measure(of_class.auroc));
      is_defined = is_defined || of_class.auroc.value;
    }
    if (is_defined) table.push_back(std::move(row));
  }
  return table;
}

/// Only pairs for which it is defined.
TextTable pair_auroc_by_group(const ClassificationReport& report, const ClassificationGroups& by) {
  TextTable table{{by.column, "Pair", "Images", "AUROC"}};
  for (const auto& [value, measures] : by.groups) {
    const auto& classes = measures.classes;
    for (const PairMeasures& pair : measures.pairs) {
      if (!pair.auroc.value) continue;
      table.push_back({group_name(value), pair_name(report, pair),
                       std::to_string(classes[pair.first].images) + " + " +
                           std::to_string(classes[pair.second].images),
                       format_measure(pair.auroc)});
    }
  }
  return table;
}

std::string group_section(const ClassificationReport& report, const ClassificationGroups& by) {
  const std::string section = "## By " + markdown_code(by.column) + "\n\n" +
                              markdown_table(accuracy_by_group(by)) +
                              "\nSensitivity, of the given number of images:\n\n" +
                              markdown_table(sensitivity_by_group(report, by));
  const TextTable pairs = pair_auroc_by_group(report, by);
  if (pairs.size() == 1) {
    return section +
           "\nNo group has images of two classes, so these figures cannot show whether the network "
           "distinguishes diseases or only the groups.\n\n";
  }
  return section + "\nAUROC of each class against the rest, within each group:\n\n" +
         markdown_table(auroc_by_group(report, by)) +
         "\nAUROC of two classes within one group. A network that recognises groups instead of "
         "diseases scores about 0.5 here, however well it does on all images.\n\n" +
         markdown_table(pairs) + "\n";
}

std::string heat_section(const HeatMeasures& heat) {
  if (heat.images == 0) return "";
  return "## Heat inside the lungs\n\nFor " + counted(heat.images, "image") + " not predicted as " +
         kHealthyClass +
         ": the share of the hottest part of the heat map (at least 0.8 of its maximum, weighted "
         "by heat) that lies in the lung mask, dilated by 5 % of the lung box's longer side.\n\n" +
         markdown_table({{"", "Value (95 % interval)"},
                         {"Mean share inside", format_measure(heat.mean)},
                         {"Images with at least 0.8 inside", format_measure(heat.mostly_inside)}}) +
         "\n";
}

std::string mistake_section(const ClassificationReport& report) {
  const std::string section = "## Worst mistakes\n\n" + std::to_string(report.mistakes) + " of " +
                              std::to_string(report.overall.images) + " predictions are wrong. ";
  if (report.worst_mistakes.empty()) return section + "\n\n";
  TextTable table{{"Image", "Predicted", "Confidence", "True class"}};
  std::string pictures;
  for (const auto& [index, picture] : report.worst_mistakes) {
    const LabelledPrediction& prediction = report.images[index].prediction;
    const std::string& name = report.data.rows[index].name;
    table.push_back({name, report.classes[prediction.predicted], fixed(prediction.confidence(), 4),
                     report.classes[prediction.truth]});
    if (!picture.empty()) pictures += markdown_code(name) + "\n\n![](" + picture + ")\n\n";
  }
  return section + "Those with the highest confidence:\n\n" + markdown_table(table) + "\n" +
         pictures;
}

std::string unused_section(const std::vector<std::string>& unused) {
  if (unused.empty()) return "";
  std::string section = "## Results without an image\n\n" + counted(unused.size(), "row") +
                        " of the results without an image in the manifest:\n\n";
  for (const std::string& name : unused) section += "- " + markdown_code(name) + "\n";
  return section + "\n";
}

Json measures_json(const ClassificationMeasures& measures,
                   const std::vector<std::string>& classes) {
  Json by_class;
  Json confusion = Json::array();
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const ClassMeasures& of_class = measures.classes[c];
    by_class[classes[c]] = {{"images", of_class.images},
                            {"sensitivity", measure_json(of_class.sensitivity)},
                            {"positive_predictive_value", measure_json(of_class.ppv)},
                            {"auroc", measure_json(of_class.auroc)}};
    Json row = Json::array();
    for (std::size_t p = 0; p < classes.size(); ++p) row.push_back(measures.confusion.at(c, p));
    confusion.push_back(std::move(row));
  }
  Json pairs = Json::array();
  for (const PairMeasures& pair : measures.pairs) {
    pairs.push_back({{"classes", {classes[pair.first], classes[pair.second]}},
                     {"auroc", measure_json(pair.auroc)}});
  }
  return {{"images", measures.images},
          {"patients", measures.patients},
          {"confusion", std::move(confusion)},
          {"accuracy", measure_json(measures.accuracy)},
          {"balanced_accuracy", measure_json(measures.balanced_accuracy)},
          {"calibration_error", measure_json(measures.calibration_error)},
          {"brier_score", measure_json(measures.brier)},
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

Json mistakes_json(const ClassificationReport& report) {
  Json json = Json::array();
  for (const auto& [index, picture] : report.worst_mistakes) {
    const LabelledPrediction& prediction = report.images[index].prediction;
    json.push_back({{"image", report.data.rows[index].name},
                    {"prediction", report.classes[prediction.predicted]},
                    {"confidence", prediction.confidence()},
                    {"label", report.classes[prediction.truth]},
                    {"picture", picture.empty() ? Json() : Json(picture)}});
  }
  return json;
}

}  // namespace

std::string classification_markdown(const ClassificationReport& report) {
  std::string result = "# Evaluation of the classification\n\n" + run_summary(report.run) +
                       "## All images\n\nRows: true class. Columns: predicted class.\n\n" +
                       markdown_table(confusion_table(report.overall.confusion, report.classes)) +
                       "\n" + markdown_table(headline_table(report)) + "\n" +
                       markdown_table(class_table(report)) + "\n" +
                       markdown_table(pair_table(report)) + "\n";
  result += "Calibration error: expected calibration error of the predicted class, " +
            std::to_string(kReliabilityBins) +
            " bins of equal width. Pairs: among the images of both classes, with the score "
            "p / (p + q).\n\n"
            "![Confusion matrix](confusion.png)\n\n![ROC curves](roc.png)\n\n"
            "![Precision-recall curves](precision-recall.png)\n\n"
            "![Reliability diagram](reliability.png)\n\n";
  for (const ClassificationGroups& by : report.by_column) result += group_section(report, by);
  return result + heat_section(report.heat) + mistake_section(report) +
         failure_section(report.run) + unused_section(report.unused_results);
}

Json classification_json(const ClassificationReport& report) {
  Json json{{"task", "classification"}};
  json.update(run_json(report.run));
  json["classes"] = report.classes;
  json["overall"] = measures_json(report.overall, report.classes);
  json["by"] = Json::object();
  for (const auto& [column, groups] : report.by_column) {
    for (const auto& [value, measures] : groups) {
      json["by"][column][value] = measures_json(measures, report.classes);
    }
  }
  json["reliability"] = reliability_json(report.reliability);
  json["heat_inside_lungs"] = {{"images", report.heat.images},
                               {"mean", measure_json(report.heat.mean)},
                               {"at_least_0.8", measure_json(report.heat.mostly_inside)}};
  json["mistakes"] = mistakes_json(report);
  json["unused_results"] = report.unused_results;
  return json;
}

std::string classification_csv(const ClassificationReport& report) {
  std::vector<std::string> header{"image", "label", "prediction", "confidence"};
  for (const std::string& name : report.classes) header.push_back("P(" + name + ")");
  header.insert(header.end(), {"estimated_quality", "heat_inside_lungs", "error"});
  const std::size_t own = header.size();
  header.insert(header.end(), report.data.columns.begin(), report.data.columns.end());
  std::string csv = csv_line(header);
  for (std::size_t i = 0; i < report.images.size(); ++i) {
    const ClassifiedImage& image = report.images[i];
    const EvaluationRow& row = report.data.rows[i];
    std::vector<std::string> cells{row.name, row.label};
    if (image.error.empty()) {
      cells.push_back(report.classes[image.prediction.predicted]);
      cells.push_back(fixed(image.prediction.confidence(), 6));
      for (const double p : image.prediction.probabilities) cells.push_back(fixed(p, 6));
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

std::string classification_table(const ClassificationReport& report) {
  return plain_table(confusion_table(report.overall.confusion, report.classes)) + "\n" +
         plain_table(headline_table(report)) + "\n" + plain_table(class_table(report));
}

}  // namespace cxr
