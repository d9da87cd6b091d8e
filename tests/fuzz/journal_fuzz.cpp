// results.jsonl of an output folder that is resumed, and the page made of it.

#include <nlohmann/json.hpp>

#include "cxr/error.h"
#include "fuzz.h"
#include "infer/output_folder.h"
#include "infer/report_page.h"
#include "support/temp_dir.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cxr::test::TempDir folder;
  static const std::vector<std::string> classes{"COVID-19", "Normal", "Pneumonia"};
  cxr::fuzz::write_file(folder / "results.jsonl", cxr::fuzz::as_text(data, size));
  cxr::fuzz::write_file(folder / "run.json", R"({"settings": {}})");
  std::size_t records = 0;
  {
    cxr::OutputFolder output(folder.path(), cxr::IfExists::resume);
    output.open(nlohmann::ordered_json::object(), classes);
    output.load({}, {});
    records = output.records().size();
    output.finish({"a.png"});
    cxr::ReportPage(folder.path(), "title", "coolwarm", records, std::nullopt)
        .write(output.records(), classes, nullptr, nullptr);
  }
  cxr::OutputFolder again(folder.path(), cxr::IfExists::resume);
  again.open(nlohmann::ordered_json::object(), classes);
  again.load({}, {});
  cxr::fuzz::require(again.records().size() == records, "a result was lost");
  return 0;
}
