#include "dicom_source.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcvrui.h>

#include <algorithm>
#include <span>

#include "dicom_attributes.h"
#include "dicom_data_set.h"
#include "dicom_item.h"
#include "file_bytes.h"
#include "orientation.h"
#include "quiet.h"
#include "read_here.h"
#include "reading_processes.h"

namespace cxr {
namespace {

/// The longest text that a DICOM element may hold, but for those without a limit.
constexpr std::size_t kLongestText = 10240;

std::vector<DicomText> texts_of(const DicomItem& set, std::span<const DcmTagKey> tags) {
  std::vector<DicomText> texts;
  for (const DcmTagKey& tag : tags) {
    const std::string value = set.raw_text(tag);
    if (value.empty() || value.size() > kLongestText) continue;
    texts.push_back({tag.getGroup(), tag.getElement(), value});
  }
  return texts;
}

std::vector<DicomText> patient_and_study(const DicomItem& set) {
  static const std::array kTags = {
      DCM_SpecificCharacterSet, DCM_StudyDate, DCM_StudyTime, DCM_AccessionNumber,
      DCM_ReferringPhysicianName, DCM_StudyDescription,
      // The patient
      DCM_PatientName, DCM_PatientID, DCM_IssuerOfPatientID, DCM_TypeOfPatientID,
      DCM_PatientBirthDate, DCM_PatientBirthTime, DCM_PatientSex, DCM_OtherPatientNames,
      DCM_PatientAge, DCM_PatientSize, DCM_PatientWeight, DCM_EthnicGroup, DCM_Occupation,
      DCM_AdditionalPatientHistory, DCM_PatientComments, DCM_PatientIdentityRemoved,
      DCM_DeidentificationMethod,
      // The study again
      DCM_StudyInstanceUID, DCM_StudyID};
  return texts_of(set, kTags);
}

std::vector<DicomText> pixel_history(const DicomItem& set) {
  static const std::array kTags = {DCM_BurnedInAnnotation, DCM_LossyImageCompression,
                                   DCM_LossyImageCompressionRatio, DCM_LossyImageCompressionMethod};
  return texts_of(set, kTags);
}

std::optional<std::array<double, 2>> spacing_of(const DicomItem& set) {
  for (const DcmTagKey& tag :
       {DCM_PixelSpacing, DCM_ImagerPixelSpacing, DCM_NominalScannedPixelSpacing}) {
    const std::vector<double> sides = set.numbers(tag);
    if (sides.size() == 2 && sides[0] > 0 && sides[1] > 0) return std::array{sides[0], sides[1]};
  }
  return std::nullopt;
}

/// Empty where it is not a UID (PS3.5, 9.1).
std::string uid(const DicomItem& set, const DcmTagKey& tag) {
  const std::string text = set.text(tag);
  const bool is_uid = text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
  return is_uid ? text : "";
}

DicomUids uids_of(const DicomItem& set) {
  return {uid(set, DCM_StudyInstanceUID), uid(set, DCM_SeriesInstanceUID),
          uid(set, DCM_SOPInstanceUID)};
}

DicomSource source_of(const DicomItem& set) {
  DicomSource source;
  source.uids = uids_of(set);
  source.sop_class = uid(set, DCM_SOPClassUID);
  const DicomAttributes attributes = read_attributes(set);
  source.modality = attributes.modality;
  source.patient_and_study = patient_and_study(set);
  source.pixel_history = pixel_history(set);
  source.frames = attributes.pixels.frames;
  source.size = {attributes.pixels.columns, attributes.pixels.rows};
  source.spacing = spacing_of(set);
  source.orientation = attributes.orientation;
  source.turn = turn_of(attributes.orientation);
  return source;
}

/// What a function makes of the elements of a DICOM file; nothing if it is none.
template <typename Made>
std::optional<Made> from_elements(const std::filesystem::path& file,
                                  Made (*make)(const DicomItem&)) noexcept {
  try {
    const FileBytes content(file);
    if (!is_dicom(content.bytes())) return std::nullopt;
    DicomDataSet set(content.bytes());
    return make(DicomItem(set.elements()));
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

bool DicomSource::is_identified() const {
  const std::array all = {&uids.study, &uids.series, &uids.instance};
  return dcmIsImageStorageSOPClassUID(sop_class.c_str()) &&
         std::ranges::all_of(all, [](const std::string* uid) {
           return !uid->empty() && DcmUniqueIdentifier::checkStringValue(uid->c_str(), "1").good();
         });
}

std::optional<DicomSource> read_dicom_source(const std::filesystem::path& file) noexcept {
  std::optional<DicomSource> source;
  run_quietly([&] { source = from_elements(file, source_of); });
  return source;
}

DicomUids read_dicom_uids_here(const std::filesystem::path& file) {
  return from_elements(file, uids_of).value_or(DicomUids());
}

DicomUids read_dicom_uids(const std::filesystem::path& file) noexcept {
  DicomUids uids;
  try {
    if (auto* others = ReadingProcesses::running()) return others->read_dicom_uids(file);
    run_quietly([&] { uids = read_dicom_uids_here(file); });
  } catch (...) {  // it was read before
    uids = {};
  }
  return uids;
}

}  // namespace cxr
