#pragma once

#include <filesystem>
#include <string>

namespace cxr {

/// Compares a model file with what the `manifest.json` in its own folder says of it:
/// `{"segmenter.pt": {"sha256": "…", "bytes": 49138319}, …}`. A file that is not named there, or
/// has no such neighbour, is taken as it is. Returns the file's SHA-256.
///
/// Throws Error, stage `model`: the file has another size or SHA-256, or manifest.json is no JSON
/// object or has no such entry for the file.
std::string require_intact(const std::filesystem::path& model);

}  // namespace cxr
