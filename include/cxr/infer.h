#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/names.h"

namespace cxr {

enum class PictureKind { overlay, panels, mask, crop };

constexpr auto names(PictureKind /*unused*/) {
  return std::array{Named<PictureKind>{PictureKind::overlay, "overlay"},
                    Named<PictureKind>{PictureKind::panels, "panels"},
                    Named<PictureKind>{PictureKind::mask, "mask"},
                    Named<PictureKind>{PictureKind::crop, "crop"}};
}

/// What is done with an output folder that has results already.
enum class IfExists {
  error,      ///< nothing: UsageError
  overwrite,  ///< they are removed
  resume      ///< what is missing or failed is added to them
};

constexpr auto names(IfExists /*unused*/) {
  return std::array{Named<IfExists>{IfExists::error, "error"},
                    Named<IfExists>{IfExists::overwrite, "overwrite"},
                    Named<IfExists>{IfExists::resume, "resume"}};
}

enum class TableFormat {
  csv,    ///< see result_columns()
  jsonl,  ///< one JSON object a line, see to_json(Result), with file and models
  table   ///< for people
};

constexpr auto names(TableFormat /*unused*/) {
  return std::array{Named<TableFormat>{TableFormat::csv, "csv"},
                    Named<TableFormat>{TableFormat::jsonl, "jsonl"},
                    Named<TableFormat>{TableFormat::table, "table"}};
}

/// What is to be read, and where results go.
struct InferenceRequest {
  std::vector<std::filesystem::path> radiographs;  ///< images and folders of them
  bool recursive = false;                          ///< enter sub-folders, too
  bool keep_missing = false;                       ///< see InputOptions
  bool force = false;                              ///< judge what would be skipped, too
  TableFormat format = TableFormat::csv;           ///< of the results on `table`

  /// A folder for NAME.png, as the configuration's layout has it, and results.csv; or:
  std::optional<std::filesystem::path> pictures = {};
  /// A folder for everything: results.csv, results.jsonl, run.json, report.html, pictures.
  std::optional<std::filesystem::path> output = {};
  IfExists if_exists = IfExists::error;              ///< of `output`
  std::vector<PictureKind> save = {};                ///< in `output`, each kind in its sub-folder
  bool heat_maps = true;                             ///< of `output`: explain predictions at all
  std::optional<std::filesystem::path> labels = {};  ///< manifest (image, label) for the report
  std::vector<std::string> command = {};             ///< as it was called, for run.json
};

/// What a run has come to.
struct InferenceSummary {
  std::size_t images = 0;
  std::size_t done = 0;  ///< less than `images` where it was interrupted
  std::size_t failed = 0;
  std::size_t skipped = 0;   ///< see Status
  std::size_t kept = 0;      ///< had been done before (IfExists::resume)
  bool interrupted = false;  ///< ended before all was done
};

/// Called after each batch: images done, images in all, failures so far. Where it returns false no
/// more are begun.
using InferenceProgress =
    std::function<bool(std::size_t done, std::size_t total, std::size_t failed)>;

/// Reads and judges radiographs batch by batch and writes the results to `table` as they are ready,
/// in the order of the inputs, and, where asked, to a folder. The models are loaded once. Where
/// there is nothing to read, nothing is written and no model is loaded.
///
/// An image that is skipped or cannot be read, or whose picture cannot be written, is a row with
/// its error. What was finished is not lost when the process is killed: `output` can be resumed.
/// Throws UsageError for a path that does not exist, pictures to be put among the radiographs and
/// an `output` that cannot be used, Error for models that cannot be used and outputs that cannot be
/// written.
InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress);

}  // namespace cxr
