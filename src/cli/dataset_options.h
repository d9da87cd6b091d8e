#pragma once

#include <CLI/CLI.hpp>

#include "cxr/dataset.h"
#include "program.h"

namespace cxr {

/// The options of cxr-dataset's commands. Each has the options of all, and its own.
struct DatasetCommand {
  DatasetOptions options;
  SegmentationSources segmentation;
  CovidxSources covidx;
  std::filesystem::path rsna_test_normal, rsna_test_pneumonia;
  std::filesystem::path labelled;
  ConfigurationOptions configuration;
};

void add_segmentation_set_options(CLI::App& command, DatasetCommand& options);
void add_covidx_options(CLI::App& command, DatasetCommand& options);

/// The sources with the lists of test patients. Throws UsageError where there is no list.
CovidxSources covidx_sources(const DatasetCommand& command);

void add_regions_options(CLI::App& command, DatasetCommand& options);

}  // namespace cxr
