#pragma once

#include <CLI/CLI.hpp>

#include "cxr/train.h"

namespace cxr {

void add_segmenter_options(CLI::App& command, SegmenterOptions& options);
void add_classifier_options(CLI::App& command, ClassifierOptions& options);
void add_calibrate_options(CLI::App& command, CalibrateOptions& options);
void add_adapt_options(CLI::App& command, AdaptOptions& options);

}  // namespace cxr
