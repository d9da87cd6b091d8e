#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cxr/heatmap.h"
#include "cxr/pipeline.h"

namespace cxr {

/// The settings of a run. The keys and their meaning are the original program's.
struct Configuration {
  PipelineOptions pipeline;
  int batch_size = 4;  ///< images that a thread works on at a time, 1 to 1024
  int threads = 0;     ///< 0: one for each core; to 1024
  HeatmapOptions heatmap;

  /// Where each value comes from, by its key (`heatmap.cmap`): `default`, the file, or the origin
  /// of a change.
  std::map<std::string, std::string> origins;
};

/// A value that overrides the file's: for the key `heatmap.cmap`, the value `viridis`, given by
/// `--set`.
struct ConfigurationChange {
  std::string key;
  std::string value;   ///< JSON, or a text without quotes
  std::string origin;  ///< names it in errors
};

/// Reads a JSON configuration and applies changes, one after the other. `segmenter` and
/// `classifier` are a path, or an object with `path` and `contract`; paths are relative to the
/// configuration file, in a change to the working directory. Comments are allowed.
///
/// Throws UsageError naming the file, the key and what is allowed: not readable, not JSON, a key
/// that is missing or unknown, a value of the wrong type or out of range.
Configuration load_configuration(const std::filesystem::path& file,
                                 const std::vector<ConfigurationChange>& changes = {});

/// What help says about a key that has one value.
struct ConfigurationKey {
  std::string name;                ///< `heatmap.cmap`
  std::string variable;            ///< `CXR_HEATMAP_CMAP`, which overrides it
  std::string fallback;            ///< its default; empty if it is required
  std::vector<std::string> words;  ///< all values, if they are words
  std::string allowed;             ///< the same for people: `coolwarm, gray, …` or `0 to 1`
};

std::vector<ConfigurationKey> configuration_keys();

/// The changes made by the environment. Throws UsageError for a variable `CXR_…` of no key.
std::vector<ConfigurationChange> environment_changes();

/// All values in the form of a configuration file; paths of models are absolute.
nlohmann::ordered_json to_json(const Configuration& configuration);

/// The same as a text that can be used as a configuration file, with comments that say where each
/// value comes from.
std::string print_configuration(const Configuration& configuration);

}  // namespace cxr
