#pragma once

#include <dcmtk/dcmdata/dcfilefo.h>

#include <string>

#include "dicom_results.h"

namespace cxr {

/// One of the objects that are made of a film.
struct DerivedObject {
  const char* kind;  ///< for its UIDs
  const char* modality;
  const char* description;  ///< of the series
  int series_number;
};

inline constexpr DerivedObject kSecondaryCaptureObject{"SC", "OT", "Overview", 9001};
inline constexpr DerivedObject kSegmentationObject{"SEG", "SEG", "Lungs", 9002};
inline constexpr DerivedObject kReportObject{"SR", "SR", "Report", 9003};

inline constexpr const char* kManufacturer = "cxr-infer project";
inline constexpr const char* kDevice = "cxr-infer";
inline constexpr const char* kNotice = "For research only, not for diagnosis";

/// A UID that is derived from a film, what judged it, and the use of the UID.
std::string uid_of(const DicomSource& source, const JudgedBy& judged_by, const std::string& use);
std::string instance_uid(const DicomSource& source, const JudgedBy& judged_by,
                         const DerivedObject& object);
std::string series_uid(const DicomSource& source, const JudgedBy& judged_by,
                       const DerivedObject& object);

/// How the object was made, with both networks: at most 1024 letters (ST).
std::string derivation(const JudgedBy& judged_by);

/// Identifies the device: the networks are what differs between two of them.
std::string serial_number(const JudgedBy& judged_by);

/// `unsure`, or the prediction and its probability, `Pneumonia (0.92)`.
std::string conclusion(const Result& result);

/// The text in letters that every DICOM character set has, without the backslash, which separates
/// values; cut to `longest`.
std::string plain(const std::string& text, std::size_t longest = 64);

/// Throws Error, stage `dicom`, where DCMTK refuses to do what is described.
void require(const OFCondition& status, const std::string& what);

/// Sets a text.
void put(DcmItem& item, const DcmTagKey& tag, const std::string& value);

/// Sets the modules that all objects have: patient, study, series, equipment, SOP common (but the
/// SOP class). What an object has of them already is replaced.
void put_common_modules(DcmItem& set, const DicomSource& source, const JudgedBy& judged_by,
                        const DerivedObject& object);

/// Whether a reference to the film has to name the frame that was judged, the first: it has
/// several, and its SOP class allows for them.
bool is_first_of_frames(const DicomSource& source);

/// Adds the reference to the film (PS3.3, 10.3).
void put_reference(DcmItem& item, const DicomSource& source);

/// The file as it is to be written.
std::string bytes_of(DcmFileFormat& file);

}  // namespace cxr
