#include "support/golden.h"

#include <fstream>
#include <stdexcept>

namespace cxr::test {

std::filesystem::path golden_file(const std::string& name) {
  return std::filesystem::path(CXR_TEST_DATA) / "golden" / name;
}

const nlohmann::json& golden_index() {
  static const nlohmann::json index =
      nlohmann::json::parse(std::ifstream(golden_file("golden.json")));
  return index;
}

NdArray read_floats(const std::string& name, const nlohmann::json& shape) {
  NdArray array(shape.get<std::vector<std::int64_t>>());
  std::ifstream in(golden_file(name), std::ios::binary);
  in.read(reinterpret_cast<char*>(array.values.data()),
          static_cast<std::streamsize>(array.values.size() * sizeof(float)));
  if (!in) throw std::runtime_error(name + " is too short");
  return array;
}

}  // namespace cxr::test
