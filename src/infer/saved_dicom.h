#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cxr/heatmap.h"
#include "cxr/pipeline.h"
#include "pacs/dicom_results.h"
#include "tasks.h"

namespace cxr {

/// What a run judges with. `settings` are those of settings_of().
JudgedBy judged_by(const Pipeline& pipeline, const nlohmann::ordered_json& settings);

/// Writes the DICOM objects of a judged analysis of `film`: `NAME.sc.dcm`, which `place` names, and
/// beside it `NAME.seg.dcm`, if lungs were found, and `NAME.sr.dcm`. Returns their paths in the
/// output folder; none if the film is not DICOM, or lacks UIDs, which its notes then say.
std::vector<std::string> save_dicom(Analysis& analysis, const std::filesystem::path& film,
                                    const PictureFile& place, const JudgedBy& judged_by,
                                    const HeatmapOptions& options);

}  // namespace cxr
