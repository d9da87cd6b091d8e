#include "training_curves.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/number.h"
#include "draw/picture.h"
#include "draw/plot.h"

namespace cxr {
namespace {

bool is_loss(const std::string& column) { return column.find("loss") != std::string::npos; }

bool is_metric(const std::string& column) {
  return !is_loss(column) && column != "epoch" && column != "seconds" && column != "learning_rate";
}

std::vector<double> epochs(const CsvTable& log) {
  std::vector<double> numbers;
  for (std::size_t row = 0; row < log.rows.size(); ++row) {
    numbers.push_back(number_in(log, row, log.column("epoch")));
  }
  return numbers;
}

Series curve(const CsvTable& log, std::size_t column, const std::vector<double>& at) {
  Series series;
  series.name = log.header[column];
  for (std::size_t row = 0; row < log.rows.size(); ++row) {
    if (log.rows[row][column].empty()) continue;
    series.points.emplace_back(at[row], number_in(log, row, column));
  }
  return series;
}

Chart chart(const CsvTable& log, const std::string& title, bool (*wanted)(const std::string&)) {
  const std::vector<double> at = epochs(log);
  std::vector<Series> series;
  for (std::size_t column = 0; column < log.header.size(); ++column) {
    if (!wanted(log.header[column])) continue;
    series.push_back(curve(log, column, at));
    series.back().color = series_color(series.size() - 1);
  }
  const auto [first, last] = std::ranges::minmax(at);
  const Axis x{"epoch", first, std::max(last, first + 1), true};
  return {title, x, axis_around("", series), series};
}

}  // namespace

void draw_training_curves(const std::filesystem::path& log, const std::filesystem::path& picture) {
  const CsvTable table = read_csv(log);
  table.column("epoch");
  if (table.rows.empty()) throw Error("plot", log.string(), "has no epochs");
  std::vector<Chart> charts{chart(table, "Loss", is_loss),
                            chart(table, "Metrics on the validation split", is_metric)};
  std::erase_if(charts, [](const Chart& each) { return each.series.empty(); });
  if (charts.empty()) throw Error("plot", log.string(), "has nothing to draw");
  write_png(picture, draw_charts(charts, {1200, 640}));
}

}  // namespace cxr
