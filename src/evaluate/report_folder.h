#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cxr/evaluate.h"
#include "evaluation_data.h"
#include "evaluation_run.h"

namespace cxr {

/// Creates the folder for the report, and in it the folder `pictures`, from which it removes the
/// `NN.png` of an earlier report. Throws UsageError if the report would be written among the
/// radiographs or overwrite the manifest; Error if the folder cannot be created.
void prepare_report_folder(const EvaluationRequest& request, const EvaluationData& data,
                           const std::string& pictures);

/// Names a picture for each case, `FOLDER/NN.png`, counted from 1.
void name_pictures(const std::string& folder, std::vector<WorstCase>& cases);

/// Writes a file whole or not at all. Throws Error naming the file.
void write_text(const std::filesystem::path& file, const std::string& text);
void write_json(const std::filesystem::path& file, const nlohmann::ordered_json& json);

}  // namespace cxr
