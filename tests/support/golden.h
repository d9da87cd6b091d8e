#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "cxr/ndarray.h"

namespace cxr::test {

/// The reference values of the original programme; tests/data/golden/README.md says how made.
std::filesystem::path golden_file(const std::string& name);
const nlohmann::json& golden_index();
/// Reads float32, little endian, row-major.
NdArray read_floats(const std::string& name, const nlohmann::json& shape);

}  // namespace cxr::test
