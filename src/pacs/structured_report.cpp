#include "structured_report.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmsr/cmr/init.h>
#include <dcmtk/dcmsr/cmr/tid1500.h>
#include <dcmtk/dcmsr/codes/dcm.h>
#include <dcmtk/dcmsr/dsrdoc.h>

#include <array>
#include <mutex>

#include "base/format.h"
#include "base/sha256.h"
#include "cxr/version.h"
#include "derived_object.h"
#include "derived_uid.h"

namespace cxr {
namespace {

using Group = TID1500_MeasurementReport::TID1501_Measurements;

constexpr const char* kScheme = "99CXRINFER";  ///< codes of ours

DSRBasicCodedEntry our_code(const char* value, const char* meaning) {
  return {value, kScheme, meaning};
}

DSRBasicCodedEntry quality_code() { return our_code("QUALITY", "Quality of the lung mask"); }
DSRBasicCodedEntry probability_code() { return our_code("PROBABILITY", "Probability"); }
DSRBasicCodedEntry class_code() { return our_code("CLASS", "Class"); }
DSRBasicCodedEntry prediction_code() { return our_code("PREDICTION", "Predicted class"); }
DSRBasicCodedEntry notice_code() { return our_code("NOTICE", "Notice"); }
DSRBasicCodedEntry remark_code() { return our_code("REMARK", "Remark"); }

/// A class by its code in SNOMED CT, or one of ours.
DSRCodedEntryValue code_of_class(const std::string& name) {
  static const std::array<std::array<const char*, 2>, 3> kKnown = {
      {{"COVID-19", "840539006"}, {"Normal", "17621005"}, {"Pneumonia", "233604007"}}};
  for (const auto& [known, code] : kKnown) {
    if (name == known) return {code, "SCT", known};
  }
  return {("C-" + sha256_of(name).substr(0, 14)).c_str(), kScheme, plain(name).c_str()};
}

DSRImageReferenceValue film(const DicomSource& source) {
  DSRImageReferenceValue reference(source.sop_class.c_str(), source.uids.instance.c_str());
  if (is_first_of_frames(source)) reference.getFrameList().addItem(1);
  return reference;
}

void begin_group(TID1500_MeasurementReport& report, const DicomSource& source,
                 const JudgedBy& judged_by, const char* name) {
  require(report.addIndividualMeasurements(), name);
  Group& group = report.getIndividualMeasurements();
  require(group.setTrackingIdentifier(name), name);
  require(group.setTrackingUniqueIdentifier(uid_of(source, judged_by, name).c_str()), name);
}

void add_number(Group& group, const DSRBasicCodedEntry& concept_name, double value) {
  const CMR_TID1501_in_TID1500::MeasurementValue number(fixed(value, 6).c_str(),
                                                        CMR_CID7181::NoUnits);
  require(group.addMeasurement(DSRCodedEntryValue(concept_name), number), "measurement");
}

void add_lungs(TID1500_MeasurementReport& report, const DicomSource& source, const Result& result,
               const std::vector<LungSegment>& segments, const JudgedBy& judged_by) {
  begin_group(report, source, judged_by, "Lungs");
  Group& group = report.getIndividualMeasurements();
  add_number(group, quality_code(), result.lungs.quality);
  auto& measurement = group.getMeasurement();
  require(measurement.addImage(DSRCodedEntryValue(CODE_DCM_SourceOfMeasurement), film(source)),
          "source image");
  if (segments.empty()) return;
  DSRImageReferenceValue mask(UID_SegmentationStorage,
                              instance_uid(source, judged_by, kSegmentationObject).c_str());
  for (std::size_t i = 1; i <= segments.size(); ++i) {
    mask.getSegmentList().addItem(static_cast<Uint16>(i));
  }
  require(measurement.addImage(DSRCodedEntryValue(CODE_DCM_ReferencedSegment), mask),
          "segmentation");
}

void add_prediction(TID1500_MeasurementReport& report, const DicomSource& source,
                    const Result& result, const JudgedBy& judged_by) {
  begin_group(report, source, judged_by, "Prediction");
  Group& group = report.getIndividualMeasurements();
  for (std::size_t i = 0; i < judged_by.classes.size(); ++i) {
    add_number(group, probability_code(), result.probabilities[i]);
    auto& measurement = group.getMeasurement();
    const std::string meaning = "Probability of " + plain(judged_by.classes[i]);
    require(measurement.addModifier(class_code(), code_of_class(judged_by.classes[i])), "class");
    require(measurement.setEquivalentMeaningOfConceptName(meaning.c_str()), "class");
    require(measurement.addImage(DSRCodedEntryValue(CODE_DCM_SourceOfMeasurement), film(source)),
            "source image");
  }
  require(group.addQualitativeEvaluation(prediction_code(), code_of_class(result.prediction)),
          "prediction");
}

void add_image_library(TID1500_MeasurementReport& report, const DicomSource& source) {
  DcmDataset image;
  put(image, DCM_SOPClassUID, source.sop_class);
  put(image, DCM_SOPInstanceUID, source.uids.instance);
  auto& library = report.getImageLibrary();
  require(library.createNewImageLibrary(), "image library");
  require(library.addImageGroup(), "image library");
  require(library.addImageEntry(image, TID1600_ImageLibrary::withoutDescriptors), "image library");
}

void fill(TID1500_MeasurementReport& report, const DicomSource& source, const Result& result,
          const std::vector<std::string>& notes, const std::vector<LungSegment>& segments,
          const JudgedBy& judged_by) {
  require(report.setLanguage(DSRCodedEntryValue("eng", "RFC5646", "English")), "language");
  const std::string device = derived_uid(serial_number(judged_by));
  require(report.getObservationContext().addDeviceObserver(
              device.c_str(), kDevice, kManufacturer, kDevice, serial_number(judged_by).c_str()),
          "observer");
  require(report.addProcedureReported(DSRCodedEntryValue("399208008", "SCT", "Plain chest X-ray")),
          "procedure");
  add_image_library(report, source);
  add_lungs(report, source, result, segments, judged_by);
  if (result.status == Status::ok) {
    add_prediction(report, source, result, judged_by);
  } else {
    require(report.addQualitativeEvaluation(prediction_code(),
                                            DSRCodedEntryValue(our_code("UNSURE", "Unsure"))),
            "prediction");
  }
  for (const std::string& note : notes) {
    require(report.addQualitativeEvaluation(remark_code(), plain(note, 1024).c_str()), "remark");
  }
  require(report.addQualitativeEvaluation(notice_code(), kNotice), "notice");
}

void add_text(DSRDocumentTree& tree, const DSRCodedEntryValue& concept_name,
              const std::string& text) {
  const std::size_t group = tree.getNodeID();
  if (tree.addContentItem(DSRTypes::RT_hasConceptMod, DSRTypes::VT_Text,
                          DSRTypes::AM_belowCurrentBeforeFirstChild) == 0) {
    require(EC_IllegalCall, "algorithm");
  }
  require(tree.getCurrentContentItem().setConceptName(concept_name), "algorithm");
  require(tree.getCurrentContentItem().setStringValue(text.c_str()), "algorithm");
  tree.gotoNode(group);
}

/// Says in each group which network it comes from (TID 4019), which DCMTK does not.
void add_algorithms(DSRDocumentTree& tree, const JudgedBy& judged_by) {
  const ModelIdentity* models[] = {&judged_by.segmenter, &judged_by.classifier};
  std::size_t found = tree.gotoNamedNode(CODE_DCM_MeasurementGroup);
  for (const ModelIdentity* model : models) {
    if (found == 0) return;  // an unsure result has no prediction
    add_text(tree, CODE_DCM_AlgorithmParameters, "SHA-256 " + model->sha256);
    add_text(tree, CODE_DCM_AlgorithmVersion, plain(model->version));
    add_text(tree, CODE_DCM_AlgorithmName, plain(model->name));
    found = tree.gotoNextNamedNode(CODE_DCM_MeasurementGroup);
  }
}

/// The context groups are shared by all threads, and are made when they are first used.
void prepare_context_groups() {
  static std::once_flag is_done;
  std::call_once(is_done, CMR_ContentMappingResource::initializeAllContextGroups);
}

void add_evidence(DSRDocument& document, const DicomSource& source,
                  const std::vector<LungSegment>& segments, const JudgedBy& judged_by) {
  const auto& [study, series, instance] = source.uids;
  auto& evidence = document.getCurrentRequestedProcedureEvidence();
  require(
      evidence.addItem(study.c_str(), series.c_str(), source.sop_class.c_str(), instance.c_str()),
      "evidence");
  if (segments.empty()) return;
  require(
      evidence.addItem(study.c_str(), series_uid(source, judged_by, kSegmentationObject).c_str(),
                       UID_SegmentationStorage,
                       instance_uid(source, judged_by, kSegmentationObject).c_str()),
      "evidence");
}

}  // namespace

std::string structured_report(const DicomSource& source, const Result& result,
                              const std::vector<std::string>& notes,
                              const std::vector<LungSegment>& segments, const JudgedBy& judged_by) {
  prepare_context_groups();
  TID1500_MeasurementReport report(CMR_CID7021::ImagingMeasurementReport);
  fill(report, source, result, notes, segments, judged_by);
  DSRDocument document;
  require(document.setTreeFromRootTemplate(report), "report");
  add_algorithms(document.getTree(), judged_by);
  add_evidence(document, source, segments, judged_by);
  require(document.getCodingSchemeIdentification().addItem(kScheme, "", "Codes of cxr-infer",
                                                           kManufacturer),
          "coding scheme");
  require(document.completeDocument(), "report");
  require(document.setPreliminaryFlag(DSRTypes::PF_Preliminary), "report");
  DcmFileFormat file;
  DcmDataset& set = *file.getDataset();
  require(document.write(set), "report");
  put_common_modules(set, source, judged_by, kReportObject);
  return bytes_of(file);
}

}  // namespace cxr
