#pragma once

#include <string>
#include <vector>

#include "cxr/pipeline.h"

namespace cxr {

/// The header of the results table: the original programme's four columns, then
/// `Status,Error`, one `P(CLASS)` for each class, `Box X,Box Y,Box Width,Box Height` (the lung
/// box), `Image Width,Image Height,Note,Milliseconds`.
std::vector<std::string> result_columns(const std::vector<std::string>& classes);

/// The cells of one finding. `Status` is `ok` or `error`; an image that could not be judged has
/// name, status and error only. `Note` says where no lungs were found, or not surely enough, and
/// the whole image was classified.
std::vector<std::string> result_cells(const Finding& finding,
                                      const std::vector<std::string>& classes);

/// Of a judged finding: why the whole image was classified instead of the lung box; empty where it
/// was not.
std::string crop_note(const Finding& finding);

}  // namespace cxr
