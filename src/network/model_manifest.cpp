#include "model_manifest.h"

#include <cstdint>
#include <fstream>
#include <optional>

#include "base/access.h"
#include "base/json_reader.h"
#include "base/json_text.h"
#include "base/sha256.h"

namespace cxr {
namespace {

using nlohmann::json;

json read_json(const std::filesystem::path& file) {
  if (const std::string why = why_unreadable(file); !why.empty()) {
    throw Error(kModelStage, file.string(), why);
  }
  std::ifstream stream(file);
  json document = parse_json(stream);
  if (document.is_discarded()) throw Error(kModelStage, file.string(), "is not valid JSON");
  return document;
}

/// What a manifest says of one file.
struct Entry {
  std::uintmax_t bytes = 0;
  std::string sha256;
};

Entry parse_entry(const JsonReader<Error>& fields) {
  Entry entry;
  const json& bytes = fields.need("bytes");
  if (!bytes.is_number_unsigned()) fields.fail("bytes", "must be the size of the file");
  entry.bytes = bytes.get<std::uintmax_t>();
  fields.need("sha256");
  entry.sha256 = fields.text("sha256");
  if (entry.sha256.size() != 64 ||
      entry.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    fields.fail("sha256", "must be 64 hexadecimal digits, in lower case");
  }
  return entry;
}

/// Nothing where the manifest, or its absence, allows any file of this name.
std::optional<Entry> find_entry(const std::filesystem::path& manifest, const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::exists(manifest, ignored)) return std::nullopt;
  const json document = read_json(manifest);
  const JsonReader<Error> models(document, kModelStage, manifest.string());
  if (models.has(name)) return parse_entry(models.object(name));
  if (models.has("only_listed") && models.find("only_listed") == true) {
    throw Error(kModelStage, (manifest.parent_path() / name).string(),
                "is not listed in " + manifest.string() + ", which allows only listed models");
  }
  return std::nullopt;
}

std::string read_bytes(const std::filesystem::path& file) {
  std::string bytes(std::filesystem::file_size(file), '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw Error(kModelStage, file.string(), "cannot be read");
  }
  return bytes;
}

}  // namespace

ModelFile read_model(const std::filesystem::path& file) {
  if (const std::string why = why_unreadable(file); !why.empty()) {
    throw Error(kModelStage, file.string(), why + "; check the path in the configuration");
  }
  if (!std::filesystem::is_regular_file(file)) {
    throw Error(kModelStage, file.string(), "is not a regular file");
  }
  const std::filesystem::path manifest = file.parent_path() / "manifest.json";
  const auto refuse = [&](const std::string& why) {
    throw Error(kModelStage, file.string(),
                "is damaged or incomplete: " + why + "; get it again (git checkout -- " +
                    file.string() + "), or, if you replaced it on purpose, remove its entry from " +
                    manifest.string());
  };
  const std::optional<Entry> wanted = find_entry(manifest, file.filename().string());
  const std::uintmax_t size = std::filesystem::file_size(file);
  if (wanted && wanted->bytes != size) {
    refuse("it has " + std::to_string(size) + " bytes instead of " + std::to_string(wanted->bytes));
  }
  ModelFile model;
  model.bytes = read_bytes(file);
  model.sha256 = sha256_of(model.bytes);
  if (wanted && wanted->sha256 != model.sha256) refuse("its SHA-256 is not that in manifest.json");
  return model;
}

}  // namespace cxr
