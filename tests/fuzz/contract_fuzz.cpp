// The contract of a model: an Error, or a contract that comes back from its own JSON.

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "cxr/contract.h"
#include "cxr/error.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = cxr::parse_json(cxr::fuzz::as_text(data, size));
  if (json.is_discarded()) return 0;
  try {
    const nlohmann::json once = to_json(cxr::parse_contract(json, "contract.json"));
    cxr::fuzz::require(to_json(cxr::parse_contract(once, "")) == once, "a contract has changed");
  } catch (const cxr::Error&) {
  }
  return 0;
}
