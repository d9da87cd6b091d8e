#include "regions.h"

#include "base/csv.h"
#include "base/number.h"

namespace cxr {

std::vector<Region> read_regions(const std::filesystem::path& file) {
  const CsvTable table = read_csv(file);
  const std::size_t name = table.column("file");
  const std::size_t x = table.column("x");
  const std::size_t y = table.column("y");
  const std::size_t width = table.column("width");
  const std::size_t height = table.column("height");
  const std::size_t confidence = table.column("confidence");
  const std::ptrdiff_t label = table.find_column("class");
  std::vector<Region> regions;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto pixels = [&](std::size_t column) {
      return cv::saturate_cast<int>(number_in(table, row, column));
    };
    Region region{.file = table.rows[row][name],
                  .box = {pixels(x), pixels(y), pixels(width), pixels(height)},
                  .confidence = number_in(table, row, confidence),
                  .label = label < 0 ? "" : table.rows[row][static_cast<std::size_t>(label)]};
    if (region.box.empty()) region.box = {};
    regions.push_back(std::move(region));
  }
  return regions;
}

std::string regions_header() {
  return csv_line({"file", "x", "y", "width", "height", "confidence", "class"});
}

std::string regions_line(const Region& region) {
  const cv::Rect& box = region.box;
  return csv_line({region.file, std::to_string(box.x), std::to_string(box.y),
                   std::to_string(box.width), std::to_string(box.height),
                   std::to_string(region.confidence), region.label});
}

}  // namespace cxr
