#include "cxr/version.h"

#include <ATen/Version.h>
#include <charls/charls.h>
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>

namespace cxr {

std::string version() { return CXR_VERSION; }

std::vector<std::pair<std::string, std::string>> library_versions() {
  const auto json = nlohmann::json::meta().at("version").at("string");
  return {{"LibTorch", TORCH_VERSION},
          {"OpenCV", cv::getVersionString()},
          {"DCMTK", OFFIS_DCMTK_VERSION_STRING},
          {"CharLS", charls_get_version_string()},
          {"nlohmann JSON", json.get<std::string>()}};
}

std::string cpu_capability() {
  // LibTorch has no other way to ask that all its versions know.
  const std::string all = at::show_config(), mark = "CPU capability usage: ";
  const std::size_t at = all.find(mark);
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = at + mark.size();
  return all.substr(begin, all.find('\n', begin) - begin);
}

}  // namespace cxr
