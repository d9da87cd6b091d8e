#include "model_manifest.h"

#include <cstdint>
#include <fstream>

#include "base/json_reader.h"
#include "base/sha256.h"

namespace cxr {
namespace {

using nlohmann::json;

constexpr const char* kStage = "model";

json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  json document = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    throw Error(kStage, file.string(), "cannot be read, or is not valid JSON");
  return document;
}

std::uintmax_t bytes_of(const JsonReader<Error>& entry) {
  const json& bytes = entry.need("bytes");
  if (!bytes.is_number_unsigned()) entry.fail("bytes", "must be the size of the file");
  return bytes.get<std::uintmax_t>();
}

std::string sha256_of(const JsonReader<Error>& entry) {
  entry.need("sha256");
  std::string digest = entry.text("sha256");
  if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
    entry.fail("sha256", "must be 64 hexadecimal digits, in lower case");
  }
  return digest;
}

}  // namespace

std::string require_intact(const std::filesystem::path& model) {
  const std::filesystem::path list = model.parent_path() / "manifest.json";
  std::error_code ignored;
  if (!std::filesystem::exists(list, ignored)) return sha256(model);
  const json document = read_json(list);
  const JsonReader<Error> models(document, kStage, list.string());
  const std::string name = model.filename().string();
  if (!models.has(name)) return sha256(model);

  const JsonReader<Error> entry = models.object(name);
  const auto refuse = [&](const std::string& why) {
    throw Error(kStage, model.string(),
                "is damaged or incomplete: " + why + "; get it again (git checkout -- " +
                    model.string() +
                    "), or, if you replaced it on purpose, remove its entry from " + list.string());
  };
  const std::uintmax_t bytes = std::filesystem::file_size(model);
  const std::uintmax_t wanted = bytes_of(entry);
  if (bytes != wanted) {
    refuse("it has " + std::to_string(bytes) + " bytes instead of " + std::to_string(wanted));
  }
  std::string digest = sha256(model);
  if (digest != sha256_of(entry)) refuse("its SHA-256 is not that in manifest.json");
  return digest;
}

}  // namespace cxr
