#pragma once

#include <filesystem>
#include <string>

namespace cxr {

/// The stage that errors of loading a model name.
inline constexpr const char* kModelStage = "model";

struct ModelFile {
  std::string bytes;
  std::string sha256;
};

/// Reads a model file into memory, once, and compares it with what the `manifest.json` in its
/// folder says of it: `{"segmenter.pt": {"sha256": "…", "bytes": 49138319}, …}`. A model is a
/// program: none of it may run before this returns.
///
/// A file that the manifest does not name, or that has no manifest beside it, is taken as it is,
/// unless the manifest says `"only_listed": true`.
///
/// Throws Error, stage `model`: no such file, it cannot be read, it has another size or SHA-256, it
/// is not listed where only listed models are allowed, or manifest.json is not valid.
ModelFile read_model(const std::filesystem::path& file);

}  // namespace cxr
