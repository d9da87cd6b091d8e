#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "classification_report.h"

namespace cxr {

// The text of a report, in each of its formats.

/// report.md; it shows confusion.png, roc.png, precision-recall.png and reliability.png.
std::string classification_markdown(const ClassificationReport& report);

/// metrics.json.
nlohmann::ordered_json classification_json(const ClassificationReport& report);

/// images.csv: one row per image.
std::string classification_csv(const ClassificationReport& report);

/// The confusion matrix and the main figures for a terminal.
std::string classification_table(const ClassificationReport& report);

}  // namespace cxr
