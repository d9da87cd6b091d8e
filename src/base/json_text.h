#pragma once

#include <nlohmann/json.hpp>
#include <utility>

namespace cxr {

/// How deep JSON may be nested. Some of what is done with it (copying, comparing, writing) takes
/// stack for each level.
inline constexpr int kMaxJsonDepth = 64;

/// The JSON of a text or stream; discarded (see is_discarded()) where it is not JSON, or nested
/// deeper than kMaxJsonDepth.
template <typename Input>
nlohmann::json parse_json(Input&& input) {
  struct TooDeep {};
  const auto check = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    if (depth > kMaxJsonDepth) throw TooDeep();
    return true;
  };
  try {
    return nlohmann::json::parse(std::forward<Input>(input), check, /*allow_exceptions=*/false);
  } catch (const TooDeep&) {
    return nlohmann::json::value_t::discarded;
  }
}

}  // namespace cxr
