#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cxr/read.h"
#include "turn.h"

namespace cxr {

/// A text element of a DICOM file: its tag, and its value as it lies in the file, without the
/// padding and in the file's character set. It has no NUL.
struct DicomText {
  std::uint16_t group = 0, element = 0;
  std::string value;
};

/// What an object that is derived from a DICOM image takes over from it.
struct DicomSource {
  DicomUids uids;         ///< empty where missing or invalid
  std::string sop_class;  ///< likewise
  std::string modality;

  /// Of the patient and the study (PS3.3, C.7.1.1, C.7.2.1, C.7.2.2), after the specific character
  /// set: a fixed list of texts, each at most 10,240 bytes, all at most 30,000. No sequences, no
  /// private elements, no pixels.
  std::vector<DicomText> patient_and_study;
  /// Whether the pixels were compressed with loss, and identify the patient (PS3.3, C.7.6.1).
  std::vector<DicomText> pixel_history;

  int frames = 1;
  cv::Size size;  ///< pixels, as stored
  /// Distance between rows and between columns in millimetres; none if the file does not state it.
  std::optional<std::array<double, 2>> spacing;
  /// Patient Orientation: where the rows run to, and where the columns; empty if not stated.
  std::array<std::string, 2> orientation;
  Turn turn;  ///< how read_radiograph() turns the film, after it has stretched it

  /// Whether an object can refer to it: its UIDs have the form that the standard wants
  /// (PS3.5, 9.1), and its SOP class is one of images that DCMTK knows, so no private one.
  bool is_identified() const;
};

/// The text, or nothing where it is not a UID (PS3.5, 9.1).
std::string to_dicom_uid(const std::string& text);

/// What lies in a DICOM file; none if it is not DICOM or is damaged. Meant for files that
/// read_radiograph() has read. Throws Error where a process that reads it is ended by it.
std::optional<DicomSource> read_dicom_source(const std::filesystem::path& file);

/// A source as parts of a ReaderMessage, and back. The parts may come from anywhere.
std::vector<std::string> to_parts(const DicomSource& source);
DicomSource to_dicom_source(const std::vector<std::string>& parts);

}  // namespace cxr
