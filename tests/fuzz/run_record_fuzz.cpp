// run.json of an output folder that is resumed.

#include <nlohmann/json.hpp>

#include "cxr/error.h"
#include "fuzz.h"
#include "infer/output_folder.h"
#include "infer/run_record.h"
#include "support/temp_dir.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cxr::test::TempDir folder;
  static const cxr::Configuration configuration = [] {
    cxr::fuzz::write_file(folder / "model.pt", "");  // whose SHA-256 the seed has
    cxr::Configuration named;
    named.pipeline.segmenter.file = named.pipeline.classifier.file = folder / "model.pt";
    return named;
  }();
  cxr::fuzz::write_file(folder / "run.json", cxr::fuzz::as_text(data, size));
  try {
    cxr::OutputFolder output(folder.path(), cxr::IfExists::resume);
    const auto settings = cxr::settings_as_in(output.earlier_run(), configuration, {});
    output.open(settings ? *settings : nlohmann::ordered_json::object(), {"a", "b"});
    output.write_run(nlohmann::ordered_json::object());
  } catch (const cxr::UsageError&) {
  }
  return 0;
}
