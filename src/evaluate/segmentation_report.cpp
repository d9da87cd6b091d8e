#include "segmentation_report.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "base/csv.h"
#include "base/format.h"
#include "base/resize.h"
#include "draw/picture.h"
#include "draw/plot.h"
#include "draw/text.h"

namespace cxr {
namespace {

using Json = nlohmann::ordered_json;
using Figure = double SegmentedImage::*;

// BGR.
const cv::Scalar kTruth(0, 159, 230);
const cv::Scalar kPredicted(233, 180, 86);
const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(45, 40, 36);
constexpr double kLowQuantile = 0.05;

struct NamedSpread {
  const char* name;
  const char* key;
  Spread SegmentationMeasures::*spread;
};
constexpr NamedSpread kSpreads[] = {
    {"Dice", "dice", &SegmentationMeasures::dice},
    {"IoU", "iou", &SegmentationMeasures::iou},
    {"IoU of the lung box", "box_iou", &SegmentationMeasures::box_iou},
    {"Estimated Quality", "estimated_quality", &SegmentationMeasures::quality}};

TextTable overall_table(const SegmentationReport& report) {
  TextTable table{{"All images", "Mean", "Median", "5th percentile"}};
  for (const auto& [name, key, spread] : kSpreads) {
    const Spread& of = report.overall.*spread;
    table.push_back(
        {name, format_measure(of.mean), format_measure(of.median), format_measure(of.low)});
  }
  return table;
}

std::string quality_sentence(const SegmentationReport& report) {
  return "Rank correlation (Spearman) of Estimated Quality and Dice: " +
         format_measure(report.overall.quality_and_dice) + "\n";
}

TextTable group_table(const std::string& column, const std::vector<GroupSegmentation>& groups) {
  TextTable table{{column, "Images", "Patients", "Dice: mean", "median", "5th percentile",
                   "IoU: mean", "IoU of the lung box: mean", "5th percentile",
                   "Estimated Quality: mean", "and Dice, Spearman"}};
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

std::string group_section(const std::string& column, const std::vector<GroupSegmentation>& groups) {
  return "## By " + markdown_code(column) + "\n\n" + markdown_table(group_table(column, groups)) +
         "\n";
}

std::string change_section(const std::vector<GroupSegmentation>& changed) {
  if (changed.empty()) return "";
  return "## Robustness\n\nAll images, each changed in one way.\n\n" +
         markdown_table(group_table("Change", changed)) + "\n";
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
  return "## Worst cases\n\nThe lowest Dice first.\n\n" + markdown_table(table) + "\n" + pictures;
}

std::string markdown(const SegmentationReport& report) {
  std::string result =
      "# Evaluation of the segmentation\n\n" + describe(report.run) +
      "## All images\n\nMasks are compared at the image's own size: the lung probability is "
      "enlarged "
      "bilinearly, then more than one half is lung. Lung boxes are padded by 5 %.\n\n" +
      markdown_table(overall_table(report)) + "\n" + quality_sentence(report) +
      "\n![Dice](dice.png)\n\n![Estimated Quality and Dice](quality.png)\n\n";
  for (const auto& [column, groups] : report.by_column) result += group_section(column, groups);
  return result + change_section(report.changed) + worst_section(report) +
         failure_section(report.run);
}

Json json_of(const SegmentationMeasures& measures) {
  Json json{{"images", measures.images}, {"patients", measures.patients}};
  for (const auto& [name, key, spread] : kSpreads) {
    const Spread& of = measures.*spread;
    json[key] = {{"mean", to_json(of.mean)},
                 {"median", to_json(of.median)},
                 {"5th_percentile", to_json(of.low)}};
  }
  json["spearman_of_quality_and_dice"] = to_json(measures.quality_and_dice);
  return json;
}

Json json_of(const SegmentationReport& report) {
  Json json{{"task", "segmentation"}};
  json.update(to_json(report.run));
  json["overall"] = json_of(report.overall);
  json["by"] = Json::object();
  for (const auto& [column, groups] : report.by_column) {
    for (const auto& [value, measures] : groups) json["by"][column][value] = json_of(measures);
  }
  for (const auto& [change, measures] : report.changed) json["changed"][change] = json_of(measures);
  json["worst"] = Json::array();
  for (const auto& [index, picture] : report.worst) {
    json["worst"].push_back({{"image", report.data.rows[index].name},
                             {"dice", report.images[index].dice},
                             {"picture", picture}});
  }
  return json;
}

std::string images_csv(const SegmentationReport& report) {
  std::vector<std::string> header{"image", "dice", "iou", "box_iou", "estimated_quality", "error"};
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
    cells.resize(5);
    cells.push_back(image.error);
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    csv += csv_line(cells);
  }
  return csv;
}

/// Series by the first column of the break-down that is called `source`, else one of all.
std::vector<Series> series_by_source(const SegmentationReport& report) {
  std::vector<Series> series;
  const auto column = std::ranges::find(report.data.columns, "source");
  std::map<std::string, Series> by_source;
  for (std::size_t i = 0; i < report.images.size(); ++i) {
    const SegmentedImage& image = report.images[i];
    if (!image.error.empty()) continue;
    const auto index = static_cast<std::size_t>(column - report.data.columns.begin());
    const std::string name =
        column == report.data.columns.end() ? "" : report.data.rows[i].cells[index];
    Series& of_source = by_source[name];
    of_source.name = name;
    of_source.points.emplace_back(image.quality, image.dice);
  }
  for (auto& [name, of_source] : by_source) {
    of_source.color = series_color(series.size());
    of_source.mark = Series::Mark::dots;
    series.push_back(std::move(of_source));
  }
  return series;
}

Chart quality_chart(const SegmentationReport& report) {
  std::vector<Series> series = series_by_source(report);
  std::vector<Series> turned = series;
  for (Series& each : turned) {
    for (cv::Point2d& point : each.points) std::swap(point.x, point.y);
  }
  const Measure& spearman = report.overall.quality_and_dice.value;
  return {"Estimated Quality and Dice (Spearman " + (spearman ? fixed(*spearman, 2) : "-") + ")",
          axis_around("Estimated Quality", turned), axis_around("Dice", series), std::move(series)};
}

/// Share of the images at or below each Dice.
Chart dice_chart(const SegmentationReport& report) {
  std::vector<Series> series = series_by_source(report);
  double lowest = 1;
  for (Series& each : series) {
    std::vector<double> values;
    for (const cv::Point2d& point : each.points) values.push_back(point.y);
    std::ranges::sort(values);
    lowest = std::min(lowest, values.front());
    each.mark = Series::Mark::line;
    each.name.append(each.name.empty() ? "(" : " (").append(std::to_string(values.size()) + ")");
    each.points = {{values.front(), 0}};
    for (std::size_t i = 0; i < values.size(); ++i) {
      each.points.emplace_back(values[i], each.points.back().y);
      each.points.emplace_back(values[i],
                               static_cast<double>(i + 1) / static_cast<double>(values.size()));
    }
    each.points.emplace_back(1, 1);
  }
  Axis x = axis_around("Dice", {{"", {{0, lowest}, {0, 1}}, {}}});
  return {"How Dice is spread", x, {"share of images at or below", 0, 1}, std::move(series)};
}

void draw_contour(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& color, int width) {
  cv::Mat enlarged;
  cv::resize(mask, enlarged, picture.size(), 0, 0, cv::INTER_CUBIC);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(enlarged > 127, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
  cv::drawContours(picture, outlines, -1, color, width, cv::LINE_AA);
}

/// A line in the contour's colour and its name behind it; returns where the next may begin.
int draw_key(cv::Mat& strip, int x, const std::string& name, const cv::Scalar& color, int height) {
  const int middle = strip.rows / 2;
  cv::line(strip, {x, middle}, {x + 2 * height, middle}, color, 4, cv::LINE_AA);
  draw_text(strip, name, {x + 3 * height, middle}, height, Align::left, kInk);
  return x + 5 * height + text_width(name, height);
}

}  // namespace

SegmentationMeasures measure_segmentation(const std::vector<SegmentedImage>& images,
                                          const std::vector<std::string>& patients, int resamples) {
  constexpr Figure kFigures[] = {&SegmentedImage::dice, &SegmentedImage::iou,
                                 &SegmentedImage::box_iou, &SegmentedImage::quality};
  const auto statistic = [&](const std::vector<std::size_t>& sample) {
    std::vector<Measure> row;
    std::vector<std::vector<double>> columns;
    for (const Figure figure : kFigures) {
      std::vector<double>& values = columns.emplace_back();
      for (const std::size_t i : sample) values.push_back(images[i].*figure);
      row.insert(row.end(), {mean(values), quantile(values, 0.5), quantile(values, kLowQuantile)});
    }
    row.push_back(spearman(columns[3], columns[0]));
    return row;
  };
  const std::vector<Estimate> row = bootstrap(patients, resamples, statistic);
  SegmentationMeasures measures;
  measures.images = images.size();
  measures.patients = images_by_patient(patients).size();
  auto next = row.begin();
  for (const NamedSpread& named : kSpreads) {
    Spread& spread = measures.*named.spread;
    spread.mean = *next++;
    spread.median = *next++;
    spread.low = *next++;
  }
  measures.quality_and_dice = *next;
  return measures;
}

void write_segmentation_report(const SegmentationReport& report) {
  const std::filesystem::path& out = report.run.request.out;
  write_text(out / "images.csv", images_csv(report));
  write_text(out / "metrics.json",
             json_of(report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write_png(out / "dice.png", draw_charts({dice_chart(report)}, {1100, 800}));
  write_png(out / "quality.png", draw_charts({quality_chart(report)}, {1100, 800}));
  write_text(out / "report.md", markdown(report));
}

std::string segmentation_table(const SegmentationReport& report) {
  TextTable table = overall_table(report);
  for (const auto& [change, measures] : report.changed) {
    const Spread& box = measures.box_iou;
    table.push_back({"IoU of the lung box, " + change, format_measure(box.mean),
                     format_measure(box.median), format_measure(box.low)});
  }
  return plain_table(table) + "\n" + quality_sentence(report);
}

cv::Mat draw_contours(const cv::Mat& image, const cv::Mat& truth, const cv::Mat& predicted,
                      const std::string& title) {
  constexpr int kSide = 800;
  constexpr int kText = 17;
  constexpr int kStrip = 44;
  const cv::Size size = with_longer_side(image.size(), kSide);
  const cv::Mat grey = resized(image, size);
  cv::Mat radiograph;
  cv::cvtColor(grey, radiograph, cv::COLOR_GRAY2BGR);
  // The lower one is wider, so that both are seen where they agree.
  draw_contour(radiograph, truth, kTruth, 4);
  draw_contour(radiograph, predicted, kPredicted, 2);

  // Narrow films have room for the title, too.
  cv::Mat picture(size.height + 2 * kStrip, std::max(size.width, 600), CV_8UC3, kPaper);
  draw_caption(picture.rowRange(0, kStrip), title, kText, kInk);
  cv::Mat legend = picture.rowRange(kStrip, 2 * kStrip);
  const int next = draw_key(legend, kText, "true mask", kTruth, kText);
  draw_key(legend, next, "predicted mask", kPredicted, kText);
  radiograph.copyTo(picture(cv::Rect({(picture.cols - size.width) / 2, 2 * kStrip}, size)));
  return picture;
}

}  // namespace cxr
