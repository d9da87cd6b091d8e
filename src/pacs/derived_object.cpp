#include "derived_object.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcvrda.h>
#include <dcmtk/dcmdata/dcvrtm.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/format.h"
#include "cxr/error.h"
#include "cxr/version.h"
#include "derived_uid.h"

namespace cxr {
namespace {

/// What an archive expects to find, even empty (type 2).
void put_empty_texts(DcmItem& set) {
  for (const DcmTagKey& tag :
       {DCM_PatientName, DCM_PatientID, DCM_PatientBirthDate, DCM_PatientSex, DCM_StudyDate,
        DCM_StudyTime, DCM_ReferringPhysicianName, DCM_StudyID, DCM_AccessionNumber}) {
    if (!set.tagExists(tag)) put(set, tag, "");
  }
}

void put_patient_and_study(DcmItem& set, const DicomSource& source) {
  set.findAndDeleteElement(DCM_SpecificCharacterSet);
  for (const DicomText& text : source.patient_and_study) {
    put(set, DcmTagKey(text.group, text.element), text.value);
  }
  put_empty_texts(set);
  const bool is_deidentified = set.tagExists(DCM_PatientIdentityRemoved);
  if (is_deidentified && !set.tagExists(DCM_DeidentificationMethod)) {
    put(set, DCM_DeidentificationMethod, "See the source image");
  }
}

std::string described(const ModelIdentity& model) {
  return plain(model.name) + " " + plain(model.version, 16) + " (SHA-256 " + model.sha256 + ")";
}

}  // namespace

std::string uid_of(const DicomSource& source, const JudgedBy& judged_by, const std::string& use) {
  return derived_uid("cxr-infer " + version() + "\n" + use + "\n" + source.uids.instance + "\n" +
                     judged_by.segmenter.sha256 + "\n" + judged_by.classifier.sha256 + "\n" +
                     judged_by.settings);
}

std::string instance_uid(const DicomSource& source, const JudgedBy& judged_by,
                         const DerivedObject& object) {
  return uid_of(source, judged_by, std::string("instance ") + object.kind);
}

std::string series_uid(const DicomSource& source, const JudgedBy& judged_by,
                       const DerivedObject& object) {
  return uid_of(source, judged_by, std::string("series ") + object.kind);
}

std::string derivation(const JudgedBy& judged_by) {
  return std::string(kDevice) + " " + version() + ": lungs by " + described(judged_by.segmenter) +
         ", class and heat map by " + described(judged_by.classifier) + ". " + kNotice + ".";
}

std::string serial_number(const JudgedBy& judged_by) {
  return judged_by.segmenter.sha256.substr(0, 16) + "-" + judged_by.classifier.sha256.substr(0, 16);
}

std::string conclusion(const Result& result) {
  if (result.status == Status::unsure) return "unsure";
  return result.prediction + " (" + fixed(result.probabilities[result.predicted], 2) + ")";
}

std::string plain(const std::string& text, std::size_t longest) {
  std::string letters;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte & 0xC0U) == 0x80U) continue;  // of a letter that has its `?` already
    letters += byte < 0x20 || byte > 0x7E || letter == '\\' ? '?' : letter;
  }
  return letters.substr(0, longest);
}

void require(const OFCondition& status, const std::string& what) {
  if (status.bad()) throw Error("dicom", what, status.text());
}

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  const OFString text(value.data(), value.size());
  require(item.putAndInsertOFStringArray(tag, text), DcmTag(tag).getTagName());
}

void put_common_modules(DcmItem& set, const DicomSource& source, const JudgedBy& judged_by,
                        const DerivedObject& object) {
  put_patient_and_study(set, source);
  put(set, DCM_Modality, object.modality);
  put(set, DCM_SeriesInstanceUID, series_uid(source, judged_by, object));
  put(set, DCM_SOPInstanceUID, instance_uid(source, judged_by, object));
  put(set, DCM_SeriesNumber, std::to_string(object.series_number));
  put(set, DCM_SeriesDescription,
      std::string(kDevice) + ": " + object.description + ", for research only");
  put(set, DCM_InstanceNumber, "1");
  OFString date, time;
  DcmDate::getCurrentDate(date);
  DcmTime::getCurrentTime(time);
  for (const DcmTagKey& tag : {DCM_SeriesDate, DCM_ContentDate, DCM_InstanceCreationDate}) {
    put(set, tag, date.c_str());
  }
  for (const DcmTagKey& tag : {DCM_SeriesTime, DCM_ContentTime, DCM_InstanceCreationTime}) {
    put(set, tag, time.c_str());
  }
  put(set, DCM_Manufacturer, kManufacturer);
  put(set, DCM_ManufacturerModelName, kDevice);
  put(set, DCM_DeviceSerialNumber, serial_number(judged_by));
  put(set, DCM_SoftwareVersions, version());
}

bool is_first_of_frames(const DicomSource& source) {
  // Storage classes (PS3.4, B.5): Enhanced CT, Ultrasound, Enhanced MR, Secondary Capture, XA and
  // RF, 3D X-ray and tomosynthesis, Nuclear Medicine.
  constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";
  static constexpr std::array<std::string_view, 8> kMultiFrame = {"2.1", "3.1", "4.1", "7.1",
                                                                  "7.2", "7.3", "7.4", "20"};
  const std::string_view sop_class(source.sop_class);
  if (source.frames <= 1 || !sop_class.starts_with(kStorage)) return false;
  const std::string_view kind = sop_class.substr(kStorage.size());
  return kind.starts_with("12.") || kind.starts_with("13.") ||
         std::ranges::find(kMultiFrame, kind) != kMultiFrame.end();
}

void put_reference(DcmItem& item, const DicomSource& source) {
  put(item, DCM_ReferencedSOPClassUID, source.sop_class);
  put(item, DCM_ReferencedSOPInstanceUID, source.uids.instance);
  if (is_first_of_frames(source)) put(item, DCM_ReferencedFrameNumber, "1");
}

std::string bytes_of(DcmFileFormat& file) {
  constexpr E_TransferSyntax kSyntax = EXS_LittleEndianExplicit;
  require(file.validateMetaInfo(kSyntax), "meta header");
  // Lengths, and not ends, of sequences: see is_whole_dicom().
  const Uint32 bytes = file.calcElementLength(kSyntax, EET_ExplicitLength) + 1024;
  std::string content(bytes, '\0');
  DcmOutputBufferStream stream(content.data(), static_cast<offile_off_t>(content.size()));
  file.transferInit();
  require(file.write(stream, kSyntax, EET_ExplicitLength, nullptr), "file");
  file.transferEnd();
  void* begin = nullptr;
  offile_off_t written = 0;
  stream.flushBuffer(begin, written);
  content.resize(static_cast<std::size_t>(written));
  return content;
}

}  // namespace cxr
