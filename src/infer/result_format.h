#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cxr/pipeline.h"

namespace cxr {

/// The header of the results table: the original program's four columns, then `Status,Error`, one
/// `P(CLASS)` for each class, `Box X,Box Y,Box Width,Box Height` (the lung box),
/// `Image Width,Image Height,Note,Milliseconds,Prediction Set,File`, and, if asked for,
/// `StudyInstanceUID,SeriesInstanceUID,SOPInstanceUID`.
std::vector<std::string> result_columns(const std::vector<std::string>& classes,
                                        bool dicom_uids = false);

/// The cells of one result. An image that was not judged has name, status, error, file and
/// identifiers only; one that is `unsure` has no prediction and no confidence. `Note` is
/// result_note(). `Prediction Set` has the classes that cannot be excluded, joined by `|`; it is
/// empty if the classifier has no thresholds.
///
/// A text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or
/// a carriage return) gets a `'` in front; see without_guard().
std::vector<std::string> result_cells(const Result& result, const std::vector<std::string>& classes,
                                      bool dicom_uids = false);

/// A text of result_cells() as it was.
std::string without_guard(const std::string& cell);

/// Notes on a judged result: what reading did to the film, that it was a negative, why it is
/// `unsure`, or that the whole image was classified because no reliable lungs were found.
std::vector<std::string> result_notes(const Result& result);

/// The same in one line, joined by `; `.
std::string result_note(const Result& result);

/// Why nothing reliable can be said of a judged radiograph: no lungs were found, or the prediction
/// set has all classes or none. Empty if something can be said.
std::string doubt_about(const Result& result);

/// All of a result as a JSON object, and back.
nlohmann::ordered_json to_json(const Result& result, const std::vector<std::string>& classes);

/// Throws nlohmann::json::exception or std::invalid_argument for what to_json() has not written
/// with these classes.
Result result_from_json(const nlohmann::json& json, const std::vector<std::string>& classes);

}  // namespace cxr
