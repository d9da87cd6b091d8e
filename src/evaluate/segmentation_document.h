#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "segmentation_report.h"

namespace cxr {

// The text of a report, in each of its formats.

/// report.md; it shows dice.png and quality.png.
std::string segmentation_markdown(const SegmentationReport& report);

/// metrics.json.
nlohmann::ordered_json segmentation_json(const SegmentationReport& report);

/// images.csv: one row per image.
std::string segmentation_csv(const SegmentationReport& report);

/// The main figures for a terminal.
std::string segmentation_table(const SegmentationReport& report);

}  // namespace cxr
