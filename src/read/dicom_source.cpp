#include "dicom_source.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcvrui.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "base/number.h"
#include "dicom_attributes.h"
#include "dicom_data_set.h"
#include "dicom_item.h"
#include "file_bytes.h"
#include "orientation.h"
#include "quiet.h"
#include "read_here.h"
#include "reading_processes.h"

namespace cxr {

std::string to_dicom_uid(const std::string& text) {
  const bool is_uid = text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
  return is_uid ? text : "";
}

namespace {

/// The longest text that a DICOM element may hold, but for those without a limit.
constexpr std::size_t kLongestText = 10240;
constexpr std::size_t kLongestTexts = 30000;  // so that all are one message

std::vector<DicomText> texts_of(const DicomItem& set, std::span<const DcmTagKey> tags) {
  std::vector<DicomText> texts;
  std::size_t room = kLongestTexts;
  for (const DcmTagKey& tag : tags) {
    const std::string value = set.raw_text(tag);
    if (value.empty() || value.size() > std::min(kLongestText, room)) continue;
    if (value.find('\0') != value.npos) continue;
    room -= value.size();
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

std::string uid(const DicomItem& set, const DcmTagKey& tag) { return to_dicom_uid(set.text(tag)); }

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

// ---- Parts of a message

std::string to_text(double number) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.begin(), text.end(), number).ptr};
}

void add_texts(std::vector<std::string>& parts, const std::vector<DicomText>& texts) {
  parts.push_back(std::to_string(texts.size()));
  for (const DicomText& text : texts) {
    parts.push_back(std::to_string(text.group));
    parts.push_back(std::to_string(text.element));
    parts.push_back(text.value);
  }
}

/// Takes one part after the other; after the last, they are empty.
class Parts {
 public:
  explicit Parts(const std::vector<std::string>& parts) : parts_(parts) {}

  std::string text() { return next_ < parts_.size() ? parts_[next_++] : ""; }
  /// Of a range that holds 0.
  int whole(int most) {
    return static_cast<int>(std::clamp<double>(parse_number(text()).value_or(0), 0, most));
  }
  std::vector<DicomText> texts() {
    constexpr int kMost = 1 << 16;
    std::vector<DicomText> texts;
    for (int left = whole(kMost); left > 0 && next_ < parts_.size(); --left) {
      const auto group = static_cast<std::uint16_t>(whole(0xFFFF));
      const auto element = static_cast<std::uint16_t>(whole(0xFFFF));
      texts.push_back({group, element, text()});
    }
    return texts;
  }

 private:
  const std::vector<std::string>& parts_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<std::string> to_parts(const DicomSource& source) {
  const auto [rows, columns] = source.spacing.value_or(std::array{0.0, 0.0});
  std::vector<std::string> parts{source.uids.study,
                                 source.uids.series,
                                 source.uids.instance,
                                 source.sop_class,
                                 source.modality,
                                 std::to_string(source.frames),
                                 std::to_string(source.size.width),
                                 std::to_string(source.size.height),
                                 to_text(rows),
                                 to_text(columns),
                                 source.orientation[0],
                                 source.orientation[1]};
  add_texts(parts, source.patient_and_study);
  add_texts(parts, source.pixel_history);
  return parts;
}

DicomSource to_dicom_source(const std::vector<std::string>& all) {
  Parts parts(all);
  DicomSource source;
  for (std::string* uid :
       {&source.uids.study, &source.uids.series, &source.uids.instance, &source.sop_class}) {
    *uid = to_dicom_uid(parts.text());
  }
  source.modality = parts.text();
  source.frames = parts.whole(std::numeric_limits<int>::max());
  source.size.width = parts.whole(kMaxPixels);
  source.size.height = parts.whole(kMaxPixels);
  const double rows = parse_number(parts.text()).value_or(0);
  const double columns = parse_number(parts.text()).value_or(0);
  if (rows > 0 && columns > 0) source.spacing = std::array{rows, columns};
  for (std::string& side : source.orientation) side = parts.text();
  source.turn = turn_of(source.orientation);
  source.patient_and_study = parts.texts();
  source.pixel_history = parts.texts();
  return source;
}

bool DicomSource::is_identified() const {
  const std::array all = {&uids.study, &uids.series, &uids.instance};
  return dcmIsImageStorageSOPClassUID(sop_class.c_str()) &&
         std::ranges::all_of(all, [](const std::string* uid) {
           return !uid->empty() && DcmUniqueIdentifier::checkStringValue(uid->c_str(), "1").good();
         });
}

std::optional<DicomSource> read_dicom_source_here(const std::filesystem::path& file) {
  return from_elements(file, source_of);
}

std::optional<DicomSource> read_dicom_source(const std::filesystem::path& file) {
  if (auto* others = ReadingProcesses::running()) return others->read_dicom_source(file);
  std::optional<DicomSource> source;
  run_quietly([&] { source = read_dicom_source_here(file); });
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
