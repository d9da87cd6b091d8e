// report-images.jsonl of an output folder that is resumed, and the page made of it.

#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "infer/report_page.h"
#include "infer/result_format.h"
#include "support/temp_dir.h"

namespace {

/// A judged image `a.png`, with its line.
cxr::ResultRecord record(const std::vector<std::string>& classes) {
  cxr::Result result;
  result.name = result.file = "a.png";
  result.prediction = classes[0];
  result.probabilities = {0.8F, 0.1F, 0.1F};
  result.image_size = {64, 64};
  result.lungs.box = result.crop = {8, 8, 40, 40};
  return {result, cxr::to_json(result, classes).dump() + "\n"};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cxr::test::TempDir folder;
  static const std::vector<std::string> classes{"COVID-19", "Normal", "Pneumonia"};
  static const std::vector<cxr::ResultRecord> records{record(classes)};
  cxr::fuzz::write_file(folder / "report-images.jsonl", cxr::fuzz::as_text(data, size));
  cxr::ReportPage page(folder.path(), "title", "coolwarm", 1, std::nullopt);
  page.open();
  page.thumbnails();
  page.write(records, classes, nullptr, nullptr);
  return 0;
}
