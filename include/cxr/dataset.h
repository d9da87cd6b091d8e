#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cxr/configuration.h"

namespace cxr {

/// How a data set for training is written.
struct DatasetOptions {
  std::filesystem::path out;   ///< the folder to make; must not exist, or be empty
  bool dry_run = false;        ///< count only; nothing is written
  bool copy = false;           ///< copy images; otherwise they are hard links where possible
  bool strict = false;         ///< make nothing if anything is missing or odd
  double val_fraction = 0.1;   ///< of the training patients who get the split `val`, 0..1
  double test_fraction = 0.0;  ///< likewise `test`, where no list names them, 0..1
  std::uint64_t seed = 1;      ///< chooses these patients
};

/// Something missing or odd in the sources. What it concerns is left out of the data set.
struct DatasetProblem {
  std::string source;   ///< of the image: `cohen`, `montgomery`, …
  std::string subject;  ///< a file, or a row of a table
  std::string reason;   ///< one of a few: `no such image`, `no mask`, `duplicate`, …
  std::string detail;   ///< may be empty
};

struct DatasetSummary {
  std::size_t images = 0;
  std::vector<DatasetProblem> problems;
  std::string table;  ///< counts by split, source and class, of what was left out, of problems
};

/// Called while images are checked and written: the current step, images done, images in total.
using DatasetProgress =
    std::function<void(const std::string& what, std::size_t done, std::size_t total)>;

/// Radiographs with lung masks. Folders that are empty paths are not used.
struct SegmentationSources {
  /// NLM's Montgomery set: `CXR_png/NAME`, and `ManualMask/leftMask/NAME` and `…/rightMask/NAME`,
  /// whose union is the mask.
  std::filesystem::path montgomery = {};
  /// NLM's Shenzhen set: `CXR_png/NAME.png`. Images without a mask are left out.
  std::filesystem::path shenzhen = {};
  std::filesystem::path shenzhen_masks = {};      ///< `NAME_mask.png`
  std::vector<std::filesystem::path> extra = {};  ///< `xray/` and `mask/`, files of equal stems
};

/// Makes a data set for cxr-train segmenter: `train/xray`, `train/mask` (and `test/…`), files named
/// `montgomery_NAME`, `shenzhen_NAME` and, of an extra folder DIR, `DIR_NAME`; masks are PNG, 0 or
/// 255; `manifest.csv` (image, mask, split, source, patient); `problems.csv`. A mask may be black
/// and white or hold 0 and 1, as fastai wants it. The folder appears whole or not at all.
///
/// Throws UsageError where `out` has anything in it, or a source does not have its layout; Error
/// where something is missing or odd and `strict` is set, or a file cannot be written.
DatasetSummary make_segmentation_set(const SegmentationSources& sources,
                                     const DatasetOptions& options,
                                     const DatasetProgress& progress);

/// The sources of COVIDx v2 (Wang, Lin and Wong, 2020), RICORD and SIIM-FISABIO-RSNA, as their
/// publishers distribute them. Folders that are empty paths are not used; see dataset/README.md.
struct CovidxSources {
  std::filesystem::path cohen = {};      ///< `metadata.csv`, `images/`
  std::filesystem::path figure1 = {};    ///< likewise
  std::filesystem::path actualmed = {};  ///< likewise
  std::filesystem::path sirm = {};    ///< a CSV file (FILE NAME, URL, FORMAT), and images anywhere
  std::filesystem::path rsna = {};    ///< `stage_2_*.csv`, and images anywhere
  std::filesystem::path ricord = {};  ///< PATIENT/STUDY/SERIES/, images in it
  std::filesystem::path siim = {};    ///< `train_study_level.csv`, `train_image_level.csv`, images

  /// CSV file (patient_id, Image Study Description); may be empty.
  std::filesystem::path ricord_studies = {};
  std::filesystem::path test_patients = {};  ///< JSON, lists of patients by class
  /// Files with test patients, text or .npy; where there is none, patients are drawn.
  std::vector<std::filesystem::path> rsna_test = {};
};

/// Makes a data set for cxr-train classifier: `train/`, `test/`, `evaluate/`; `train.txt`,
/// `test.txt`, `evaluate.txt` with `patient file label source` in each line, as COVID-Net has them;
/// `manifest.csv` (image, label, split, source, patient); `mapping.csv` (image, file);
/// `problems.csv`. Labels are `COVID-19`, `Normal` and `Pneumonia` in the manifest, `COVID-19`,
/// `normal` and `pneumonia` in the lists. The split `val` is of the images in `train/`.
///
/// No patient is in two splits. An image met twice is taken once. Throws as
/// make_segmentation_set() does.
DatasetSummary make_covidx_set(const CovidxSources& sources, const DatasetOptions& options,
                               const DatasetProgress& progress);

/// Finds the lungs in a labelled data set: one of make_covidx_set() or COVID-Net (`train.txt`, …),
/// a manifest, or a folder CLASS/ or SPLIT/CLASS/ of images. Writes `SPLIT/CLASS/NAME`,
/// `regions.csv` (see read_regions()), `segmentation/SPLIT/CLASS/NAME.png` (lungs and box drawn
/// over the image) and `manifest.csv`. The table has the number of images whose confidence does not
/// exceed the configuration's `crop_confidence_threshold`. Throws as make_segmentation_set() does,
/// and as Network does for the segmenter.
DatasetSummary make_regions_set(const Configuration& configuration,
                                const std::filesystem::path& data, const DatasetOptions& options,
                                const DatasetProgress& progress);

}  // namespace cxr
