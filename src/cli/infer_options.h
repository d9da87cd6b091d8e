#pragma once

#include <optional>

#include "cxr/infer.h"
#include "program.h"

namespace cxr {

/// The command line of cxr-infer.
struct InferOptions {
  InferenceRequest request;
  ConfigurationOptions configuration;
  Messages messages;
  std::filesystem::path list;
  std::string shard;
  std::optional<TableFormat> format;
  bool resume = false;
  bool no_heat_maps = false;
  bool model_info = false;
};

void add_infer_options(CLI::App& app, InferOptions& options);

/// The request that the options ask for, with the paths from lists. Throws UsageError where options
/// contradict each other or no image is named.
InferenceRequest complete_request(const InferOptions& options, const Configuration& configuration);

}  // namespace cxr
