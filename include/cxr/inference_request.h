#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cxr {

enum class PictureKind { overlay, panels, mask, crop };

/// What is done with an output folder that has results already.
enum class IfExists {
  error,      ///< nothing: UsageError
  overwrite,  ///< they are removed
  resume      ///< what is missing or failed is added to them
};

enum class TableFormat {
  csv,    ///< see result_columns()
  jsonl,  ///< one JSON object a line, see to_json(Finding), with file and models
  table   ///< for people
};

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

}  // namespace cxr
