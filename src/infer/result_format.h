#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cxr/pipeline.h"

namespace cxr {

/// The header of the results table: the original program's four columns, then `Status,Error`, one
/// `P(CLASS)` for each class, `Box X,Box Y,Box Width,Box Height` (the lung box),
/// `Image Width,Image Height,Note,Milliseconds,File`, and, if asked for,
/// `StudyInstanceUID,SeriesInstanceUID,SOPInstanceUID`.
std::vector<std::string> result_columns(const std::vector<std::string>& classes,
                                        bool dicom_uids = false);

/// The cells of one result. An image that was not judged has name, status, error, file and
/// identifiers only; one that is `unsure` has no prediction and no confidence. `Note`: see
/// note_of().
///
/// A text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or
/// a carriage return) gets a `'` in front; see without_guard().
std::vector<std::string> result_cells(const Result& result, const std::vector<std::string>& classes,
                                      bool dicom_uids = false);

/// A text of result_cells() as it was.
std::string without_guard(const std::string& cell);

/// Of a judged result: why the whole image was classified instead of the lung box; empty where it
/// was not.
std::string crop_note(const Result& result);

/// Why nothing reliable can be said of a judged radiograph; empty where something can.
std::string doubt_about(const Result& result);

/// What a reader must know of a judged result: the doubt where it is `unsure`, else crop_note().
std::string note_of(const Result& result);

/// All of a result as a JSON object, and back.
nlohmann::ordered_json to_json(const Result& result, const std::vector<std::string>& classes);

/// Throws nlohmann::json::exception or std::invalid_argument for what to_json() has not written
/// with these classes.
Result result_from_json(const nlohmann::json& json, const std::vector<std::string>& classes);

}  // namespace cxr
