// A configuration: a UsageError, or one that comes back from what --print-config writes of it.

#include <nlohmann/json.hpp>

#include "cxr/configuration.h"
#include "cxr/error.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static cxr::fuzz::MemoryFile file;
  try {
    file.write(cxr::fuzz::as_text(data, size));
    const cxr::Configuration once = cxr::load_configuration(file.path());
    file.write(cxr::print_configuration(once));
    const cxr::Configuration twice = cxr::load_configuration(file.path());
    cxr::fuzz::require(to_json(once) == to_json(twice), "a configuration has changed");
  } catch (const cxr::UsageError&) {
  }
  return 0;
}
