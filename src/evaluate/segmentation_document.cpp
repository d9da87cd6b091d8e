#include "segmentation_document.h"

#include "base/csv.h"
#include "base/format.h"
#include "metrics/text_table.h"
#include "run_document.h"

namespace cxr {
namespace {

using Json = nlohmann::ordered_json;

struct SpreadRow {
  const char* name;
  const char* key;
  Spread SegmentationMeasures::*spread;
};
constexpr SpreadRow kSpreadRows[] = {
    {"Dice", "dice", &SegmentationMeasures::dice},
    {"IoU", "iou", &SegmentationMeasures::iou},
    {"IoU of the lung box", "box_iou", &SegmentationMeasures::box_iou},
    {"Estimated Quality", "estimated_quality", &SegmentationMeasures::quality}};

std::vector<std::string> spread_row(const std::string& name, const Spread& spread) {
  return {name, format_measure(spread.mean), format_measure(spread.median),
          format_measure(spread.low)};
}

TextTable overall_table(const SegmentationReport& report) {
  TextTable table{{"All images", "Mean", "Median", "5th percentile"}};
  for (const auto& [name, key, spread] : kSpreadRows) {
    table.push_back(spread_row(name, report.overall.*spread));
  }
  return table;
}

std::string quality_sentence(const SegmentationReport& report) {
  return "Rank correlation (Spearman) of Estimated Quality with Dice: " +
         format_measure(report.overall.quality_and_dice) + "\n";
}

TextTable group_table(const std::string& column,
                      const std::vector<Group<SegmentationMeasures>>& groups) {
  TextTable table{{column, "Images", "Patients", "Dice: mean", "median", "5th percentile",
                   "IoU: mean", "IoU of the lung box: mean", "5th percentile",
                   "Estimated Quality: mean", "its Spearman with Dice"}};
  for (const auto& [value, measures] : groups) {
    table.push_back({group_name(value), std::to_string(measures.images),
                     std::to_string(measures.patients), format_measure(measures.dice.mean),
                     format_measure(measures.dice.median), format_measure(measures.dice.low),
                     format_measure(measures.iou.mean), format_measure(measures.box_iou.mean),
                     format_measure(measures.box_iou.low), format_measure(measures.quality.mean),
                     format_measure(measures.quality_and_dice)});
  }
  return table;
}

std::string group_section(const ColumnGroups<SegmentationMeasures>& by) {
  return "## By " + markdown_code(by.column) + "\n\n" +
         markdown_table(group_table(by.column, by.groups)) + "\n";
}

std::string change_section(const SegmentationReport& report) {
  if (report.by_change.empty()) return "";
  return "## Robustness\n\nAll images after one change each.\n\n" +
         markdown_table(group_table("Change", report.by_change)) + "\n";
}

std::string worst_section(const SegmentationReport& report) {
  if (report.worst.empty()) return "";
  TextTable table{{"Image", "Dice", "IoU", "IoU of the lung box", "Estimated Quality"}};
  std::string pictures;
  for (const auto& [index, picture] : report.worst) {
    const SegmentedImage& image = report.images[index];
    const std::string& name = report.data.rows[index].name;
    table.push_back({name, fixed(image.dice, 4), fixed(image.iou, 4), fixed(image.box_iou, 4),
                     fixed(image.quality, 4)});
    pictures += markdown_code(name) + "\n\n![](" + picture + ")\n\n";
  }
  return "## Worst cases\n\nLowest Dice first.\n\n" + markdown_table(table) + "\n" + pictures;
}

Json measures_json(const SegmentationMeasures& measures) {
  Json json{{"images", measures.images}, {"patients", measures.patients}};
  for (const auto& [name, key, member] : kSpreadRows) {
    const Spread& spread = measures.*member;
    json[key] = {{"mean", measure_json(spread.mean)},
                 {"median", measure_json(spread.median)},
                 {"5th_percentile", measure_json(spread.low)}};
  }
  json["spearman_of_quality_and_dice"] = measure_json(measures.quality_and_dice);
  return json;
}

}  // namespace

std::string segmentation_markdown(const SegmentationReport& report) {
  std::string result =
      "# Evaluation of the segmentation\n\n" + run_summary(report.run) +
      "## All images\n\nMasks are compared at the image's own size: the lung probability is "
      "upscaled bilinearly, then thresholded at 0.5. Lung boxes are padded by 5 %.\n\n" +
      markdown_table(overall_table(report)) + "\n" + quality_sentence(report) +
      "\n![Dice](dice.png)\n\n![Estimated Quality and Dice](quality.png)\n\n";
  for (const auto& by : report.by_column) result += group_section(by);
  return result + change_section(report) + worst_section(report) + failure_section(report.run);
}

Json segmentation_json(const SegmentationReport& report) {
  Json json{{"task", "segmentation"}};
  json.update(run_json(report.run));
  json["overall"] = measures_json(report.overall);
  json["by"] = Json::object();
  for (const auto& [column, groups] : report.by_column) {
    for (const auto& [value, measures] : groups) {
      json["by"][column][value] = measures_json(measures);
    }
  }
  for (const auto& [change, measures] : report.by_change) {
    json["changed"][change] = measures_json(measures);
  }
  json["worst"] = Json::array();
  for (const auto& [index, picture] : report.worst) {
    json["worst"].push_back({{"image", report.data.rows[index].name},
                             {"dice", report.images[index].dice},
                             {"picture", picture}});
  }
  return json;
}

std::string segmentation_csv(const SegmentationReport& report) {
  std::vector<std::string> header{"image", "dice", "iou", "box_iou", "estimated_quality", "error"};
  const std::size_t own = header.size();
  header.insert(header.end(), report.data.columns.begin(), report.data.columns.end());
  std::string csv = csv_line(header);
  for (std::size_t i = 0; i < report.images.size(); ++i) {
    const SegmentedImage& image = report.images[i];
    const EvaluationRow& row = report.data.rows[i];
    std::vector<std::string> cells{row.name};
    if (image.error.empty()) {
      for (const double value : {image.dice, image.iou, image.box_iou, image.quality}) {
        cells.push_back(fixed(value, 4));
      }
    }
    cells.resize(own - 1);
    cells.push_back(image.error);
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    csv += csv_line(cells);
  }
  return csv;
}

std::string segmentation_table(const SegmentationReport& report) {
  TextTable table = overall_table(report);
  for (const auto& [change, measures] : report.by_change) {
    table.push_back(spread_row("IoU of the lung box, " + change, measures.box_iou));
  }
  return plain_table(table) + "\n" + quality_sentence(report);
}

}  // namespace cxr
