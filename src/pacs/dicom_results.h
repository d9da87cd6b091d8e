#pragma once

#include <string>
#include <vector>

#include "cxr/heatmap.h"
#include "cxr/pipeline.h"
#include "read/dicom_source.h"

namespace cxr {

/// A network as DICOM objects name it.
struct ModelIdentity {
  std::string name, version;
  std::string sha256;  ///< of its file
};

/// All that an analysis depends on, besides the film.
struct JudgedBy {
  ModelIdentity segmenter, classifier;
  std::vector<std::string> classes;  ///< in the order of Result::probabilities
  std::string settings;  ///< any text that differs if the configuration or the program does
  double smallest_component = kSpeck;  ///< of lungs, see find_lung_box()
};

/// The contents of the DICOM files that carry a result back into an archive.
struct DicomResults {
  std::string secondary_capture;
  std::string segmentation;  ///< empty if no lungs were found
  std::string report;
};

/// States a judged analysis of the film in `source` as three DICOM objects in the film's study,
/// each in a series of its own (PS3.3, A.8.1, A.51, A.35.2):
/// - a Secondary Capture in colour: film, lungs and, unless the result is unsure, the heat map; the
///   prediction and "For research only, not for diagnosis" are part of the picture;
/// - a binary Segmentation on the pixels of the film as they are stored: a segment for each lung if
///   the mask has two bodies side by side, otherwise one for both;
/// - an Enhanced SR by template TID 1500: prediction, probabilities, quality, the networks with
///   their SHA-256, references to film and segmentation. An unsure result has neither prediction
///   nor probabilities, but its reason.
///
/// They carry the texts of DicomSource about patient and study, and its character set; our own
/// texts are ASCII. UIDs are derived from the film's UID, the models and the settings: the same
/// input gives the same UIDs. Explicit VR Little Endian. `notes` are remarks on the result, one a
/// line.
///
/// Throws Error, stage `dicom`, if DCMTK refuses a value. Safe to call from several threads.
DicomResults dicom_results(const DicomSource& source, const Analysis& analysis,
                           const std::vector<std::string>& notes, const JudgedBy& judged_by,
                           const HeatmapOptions& options);

/// Whether a file that holds one of these objects has its end: elements of known length up to the
/// last byte. Never throws.
bool is_whole_dicom(const std::filesystem::path& file) noexcept;

}  // namespace cxr
