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
#include "cxr/shard.h"

namespace cxr {

enum class PictureKind {
  overlay,
  panels,
  mask,
  crop,
  dicom  ///< not a picture, but the DICOM objects of a DICOM file: see pacs/README.md
};

constexpr auto names(PictureKind /*unused*/) {
  return std::array{Named<PictureKind>{PictureKind::overlay, "overlay"},
                    Named<PictureKind>{PictureKind::panels, "panels"},
                    Named<PictureKind>{PictureKind::mask, "mask"},
                    Named<PictureKind>{PictureKind::crop, "crop"},
                    Named<PictureKind>{PictureKind::dicom, "dicom"}};
}

/// What to do with an output folder that has results already.
enum class IfExists {
  error,      ///< nothing: UsageError
  overwrite,  ///< remove them
  resume      ///< add what is missing or failed
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

/// What to read, and where results go.
struct InferenceRequest {
  std::vector<std::filesystem::path> radiographs;  ///< images and folders of them
  bool recursive = false;                          ///< see InputOptions
  bool keep_missing = false;                       ///< see InputOptions
  std::filesystem::path root = {};                 ///< see InputOptions
  std::optional<Shard> shard = {};                 ///< read only this part of them
  bool force = false;       ///< judge what would be skipped; give a class where it would be unsure
  bool dicom_uids = false;  ///< add columns with the identifiers of DICOM files
  TableFormat format = TableFormat::csv;  ///< of the results on `table`

  /// A folder for NAME.png, as the configuration's layout has it, and results.csv; or:
  std::optional<std::filesystem::path> pictures = {};
  /// A folder for everything: results.csv, results.jsonl, run.json, report.html, pictures.
  std::optional<std::filesystem::path> output = {};
  IfExists if_exists = IfExists::error;              ///< of `output`
  std::vector<PictureKind> save = {};                ///< in `output`, each kind in its sub-folder
  bool heat_maps = true;                             ///< of `output`: explain predictions at all
  std::optional<std::filesystem::path> labels = {};  ///< manifest (image, label) for the report
  std::string title = "Chest radiographs";           ///< of the report
  std::vector<std::string> command = {};             ///< as it was called, for run.json
};

/// The counts of a run.
struct InferenceSummary {
  std::size_t listed = 0;  ///< images of all shards
  std::size_t images = 0;
  std::size_t done = 0;  ///< less than `images` where it was interrupted
  std::size_t failed = 0;
  std::size_t skipped = 0;              ///< see Status
  std::size_t unsure = 0;               ///< likewise
  std::size_t kept = 0;                 ///< had been done before (IfExists::resume)
  bool interrupted = false;             ///< ended before all was done
  std::vector<std::string> notes = {};  ///< for people, such as how many labels were found
};

/// Called after each image: images done, images in all, failures so far. Where it returns false, no
/// more batches are begun.
using InferenceProgress =
    std::function<bool(std::size_t done, std::size_t total, std::size_t failed)>;

/// Reads and judges radiographs batch by batch and writes the results to `table` as they are ready,
/// in the order of the inputs, and, where asked, to a folder. The models are loaded once, and only
/// where there is something to judge. Where there is nothing to read, nothing is written.
///
/// Unless `force` is set, an image without lungs gets no prediction: Status::unsure. An image that
/// is skipped or cannot be read, or whose picture cannot be written, is a row with its error.
///
/// What was finished is not lost when the process is killed or the power fails: `output` can be
/// resumed. A file at which an earlier run was killed is then first read in a process of its own;
/// if that ends the process, the file is a row with an error.
///
/// Throws UsageError as find_inputs() does, for pictures to be put among the radiographs and an
/// `output` that cannot be used, Error for models that cannot be used, DiskError for outputs that
/// cannot be written any more.
InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress);

}  // namespace cxr
