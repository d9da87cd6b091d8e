#include "training_curves.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/csv.h"
#include "base/number.h"
#include "cxr/error.h"
#include "draw/palette.h"
#include "draw/plot.h"

namespace cxr {
namespace {

const cv::Size kPanel(1200, 640);
constexpr std::string_view kHeldOut = "held_out_";

enum class Panel { none, loss, validation, held_out };

Panel panel_of(const std::string& column) {
  if (column.ends_with("_loss") || column == "loss") return Panel::loss;
  for (const char* other : {"epoch", "seconds", "learning_rate", "temperature"}) {
    if (column == other) return Panel::none;
  }
  return column.starts_with(kHeldOut) ? Panel::held_out : Panel::validation;
}

/// `dice_nlm` as `Dice of nlm`.
std::string in_words(std::string column) {
  if (column.starts_with(kHeldOut)) column.erase(0, kHeldOut.size());
  static const std::vector<std::pair<std::string, std::string>> kWords{
      {"training_loss", "training images"},
      {"validation_loss", "validation images"},
      {"balanced_accuracy", "balanced accuracy"},
      {"auroc", "AUROC within sources"},
      {"dice", "Dice"}};
  static const std::vector<std::pair<std::string, std::string>> kBeginnings{
      {"auroc_", "AUROC within "}, {"dice_", "Dice of "}, {"sensitivity_", "sensitivity for "}};
  for (const auto& [name, words] : kWords) {
    if (column == name) return words;
  }
  for (const auto& [name, words] : kBeginnings) {
    if (column.starts_with(name)) return words + column.substr(name.size());
  }
  return column;
}

std::vector<double> epochs(const CsvTable& log) {
  std::vector<double> numbers;
  for (std::size_t row = 0; row < log.rows.size(); ++row) {
    numbers.push_back(number_in(log, row, log.column("epoch")));
  }
  return numbers;
}

/// Colours repeat; then lines are dashed.
Series curve(const CsvTable& log, std::size_t column, const std::vector<double>& at,
             std::size_t index) {
  constexpr std::size_t kColors = 8;
  Series series{in_words(log.header[column]), {}, series_color(index)};
  if (index >= kColors) series.mark = Series::Mark::dashes;
  for (std::size_t row = 0; row < log.rows.size(); ++row) {
    if (log.rows[row][column].empty()) continue;
    series.points.emplace_back(at[row], number_in(log, row, column));
  }
  return series;
}

/// The epoch of the model that was kept: the first with the highest first metric.
double best_epoch(const CsvTable& log, const std::vector<double>& at) {
  const auto metric = std::ranges::find(log.header, Panel::validation, panel_of);
  if (metric == log.header.end()) return -1;
  const Series values = curve(log, static_cast<std::size_t>(metric - log.header.begin()), at, 0);
  const auto best = std::ranges::max_element(values.points, {}, &cv::Point2d::y);
  return best == values.points.end() ? -1 : best->x;
}

Chart chart(const CsvTable& log, const std::string& title, Panel panel) {
  const std::vector<double> at = epochs(log);
  std::vector<Series> series;
  for (std::size_t column = 0; column < log.header.size(); ++column) {
    if (panel_of(log.header[column]) != panel) continue;
    series.push_back(curve(log, column, at, series.size()));
  }
  const auto [first, last] = std::ranges::minmax(at);
  const Axis x{"epoch", first, std::max(last, first + 1), true};
  const Axis y = axis_around(panel == Panel::loss ? "loss" : "", series);
  const double best = best_epoch(log, at);
  if (best >= 0 && !series.empty()) {
    const std::string name = "best epoch: " + std::to_string(static_cast<int>(best));
    series.push_back({name, {{best, y.low}, {best, y.high}}, kGrey, Series::Mark::dashes});
  }
  return {title, x, y, std::move(series)};
}

}  // namespace

void draw_training_curves(const std::filesystem::path& log, const std::filesystem::path& picture) {
  const CsvTable table = read_csv(log);
  table.column("epoch");
  if (table.rows.empty()) throw Error("plot", log.string(), "has no epochs");
  std::vector<Drawing> drawings;
  for (const auto& [title, panel] :
       {std::pair("Loss", Panel::loss), std::pair("Validation images", Panel::validation),
        std::pair("Held-out sources", Panel::held_out)}) {
    const Chart each = chart(table, title, panel);
    if (!each.series.empty()) drawings.push_back(draw_chart(each, kPanel));
  }
  if (drawings.empty()) throw Error("plot", log.string(), "has nothing to draw");
  write_drawing(picture, stacked(drawings));
}

}  // namespace cxr
