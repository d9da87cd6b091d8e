// manifest.json beside a model.

#include "cxr/error.h"
#include "fuzz.h"
#include "network/model_manifest.h"
#include "support/temp_dir.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cxr::test::TempDir folder;
  cxr::fuzz::write_file(folder / "model.pt", "");
  cxr::fuzz::write_file(folder / "manifest.json", cxr::fuzz::as_text(data, size));
  try {
    cxr::fuzz::require(cxr::read_model(folder / "model.pt").bytes.empty(), "not the model");
  } catch (const cxr::Error&) {
  }
  return 0;
}
