#include "validation_cases.h"

#include <algorithm>
#include <numeric>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "draw/png.h"
#include "metrics/text_table.h"

namespace cxr {
namespace {

/// Indices of the cases, from the worst to the best.
using CaseOrder = std::vector<std::size_t>;

/// The first half, but no more than `most`.
CaseOrder worst_of(const CaseOrder& order, std::size_t most) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, (order.size() + 1) / 2));
  return {order.begin(), order.begin() + count};
}

/// The second half likewise, the best first.
CaseOrder best_of(const CaseOrder& order, std::size_t most) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, order.size() / 2));
  return {order.rbegin(), order.rbegin() + count};
}

void write_case_table(const ValidationCases& all, const CaseOrder& order,
                      const std::filesystem::path& file) {
  AtomicFile table(file);
  table.write(csv_line(all.columns));
  for (const std::size_t i : order) table.write(csv_line(all.cases[i].cells));
  table.finish();
}

std::vector<SheetPicture> shown(const ValidationCases& all, const CaseOrder& chosen) {
  std::vector<SheetPicture> pictures;
  for (const std::size_t i : chosen) pictures.push_back(all.show(i));
  return pictures;
}

/// The worst and best rows for a terminal, with the image's name instead of its path.
std::string case_table(const ValidationCases& all, const CaseOrder& order) {
  constexpr std::size_t kRows = 3;
  TextTable table{{""}};
  table[0].insert(table[0].end(), all.columns.begin(), all.columns.end());
  const auto add = [&](const char* what, const CaseOrder& chosen) {
    for (const std::size_t i : chosen) {
      std::vector<std::string> row{what};
      row.insert(row.end(), all.cases[i].cells.begin(), all.cases[i].cells.end());
      row[1] = std::filesystem::path(row[1]).filename().string();
      table.push_back(std::move(row));
    }
  };
  add("worst", worst_of(order, kRows));
  add("best", best_of(order, kRows));
  std::string text = plain_table(table);
  text.pop_back();  // the end of its last line
  return text;
}

}  // namespace

void write_cases(const ValidationCases& all, const std::filesystem::path& cases,
                 const TrainingListener& listener) {
  constexpr std::size_t kPictures = 8;
  CaseOrder order(all.cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return all.cases[i].badness; });
  const auto file = [&](const char* extension) {
    return std::filesystem::path(cases).concat(extension);
  };
  write_case_table(all, order, file(".csv"));
  write_png(file(".png"),
            draw_sheet({.title = all.title,
                        .keys = all.keys,
                        .sections = {{"Worst", shown(all, worst_of(order, kPictures))},
                                     {"Best", shown(all, best_of(order, kPictures))}}}));
  if (listener.note) {
    listener.note("validation images, all of them in " + file(".csv").string() + ":\n" +
                  case_table(all, order));
  }
}

}  // namespace cxr
