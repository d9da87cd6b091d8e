#include "segmentation.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmfg/fgderimg.h>
#include <dcmtk/dcmfg/fgfracon.h>
#include <dcmtk/dcmfg/fgpixmsr.h>
#include <dcmtk/dcmfg/fgplanor.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmiod/iodmacro.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>

#include <array>
#include <cstdio>
#include <memory>

#include "cxr/version.h"
#include "derived_object.h"

namespace cxr {
namespace {

CodeSequenceMacro code(const char* value, const char* scheme, const char* meaning) {
  return {value, scheme, meaning};
}

// SNOMED CT, as in PS3.16, CID 7150, 7151 and 244.
CodeSequenceMacro anatomy() { return code("123037004", "SCT", "Anatomical Structure"); }
CodeSequenceMacro lung() { return code("39607008", "SCT", "Lung"); }
CodeSequenceMacro side_code(LungSide side) {
  switch (side) {
    case LungSide::right:
      return code("24028007", "SCT", "Right");
    case LungSide::left:
      return code("7771000", "SCT", "Left");
    case LungSide::both:
      break;
  }
  return code("51440002", "SCT", "Right and left");
}

const char* label(LungSide side) {
  switch (side) {
    case LungSide::right:
      return "Right lung";
    case LungSide::left:
      return "Left lung";
    case LungSide::both:
      break;
  }
  return "Lungs";
}

/// CIELab as DICOM scales it (PS3.3, C.10.7.1.1): a light blue, and a light green.
std::array<Uint16, 3> colour(LungSide side) {
  if (side == LungSide::left) return {52000, 25000, 41000};
  return {50000, 28000, 26000};
}

/// A number for a decimal string (DS): at most 16 letters.
OFString decimal(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.10g", number);
  return text.data();
}

/// The direction in the patient (PS3.3, C.7.6.2.1.1) that Patient Orientation names, in a frontal
/// plane.
std::array<double, 3> direction(char letter) {
  switch (letter) {
    case 'R':
      return {-1, 0, 0};
    case 'L':
      return {1, 0, 0};
    case 'H':
      return {0, 0, 1};
    default:
      return {0, 0, -1};
  }
}

std::array<std::array<double, 3>, 2> plane_of(const DicomSource& source) {
  const auto is_in = [](const std::string& text, const char* letters) {
    return !text.empty() && std::string(letters).find(text[0]) != std::string::npos;
  };
  const auto& [rows, columns] = source.orientation;
  const bool is_frontal =
      (is_in(rows, "LR") && is_in(columns, "HF")) || (is_in(rows, "HF") && is_in(columns, "LR"));
  if (!is_frontal) return {direction('L'), direction('F')};
  return {direction(rows[0]), direction(columns[0])};
}

DcmSegment* make_segment(LungSide side, const JudgedBy& judged_by) {
  DcmSegment* segment = nullptr;
  const ModelIdentity& model = judged_by.segmenter;
  const std::string name = plain(model.name);
  require(DcmSegment::create(segment, label(side), anatomy(), lung(), DcmSegTypes::SAT_AUTOMATIC,
                             name.c_str()),
          "segment");
  segment->getSegmentedPropertyTypeModifierCode().push_back(
      new CodeSequenceMacro(side_code(side)));  // the segment owns it
  AlgorithmIdentificationMacro& algorithm = segment->getSegmentationAlgorithmIdentification();
  const CodeSequenceMacro family = code("123109", "DCM", "Artificial Intelligence");
  algorithm.getAlgorithmFamilyCode() = family;
  require(algorithm.setAlgorithmName(name.c_str()), "algorithm");
  require(algorithm.setAlgorithmVersion(plain(model.version).c_str()), "algorithm");
  require(algorithm.setAlgorithmParameters(("SHA-256 " + model.sha256).c_str()), "algorithm");
  const auto [lightness, a, b] = colour(side);
  require(segment->setRecommendedDisplayCIELabValue(lightness, a, b), "colour");
  return segment;
}

/// The frame of reference: a film has none, but without one, there is no Segmentation in DCMTK, and
/// with one it has to have a plane.
void put_plane(DcmSegmentation& object, const DicomSource& source, const JudgedBy& judged_by) {
  auto& frame = object.getFrameOfReference();
  require(frame.setFrameOfReferenceUID(uid_of(source, judged_by, "frame of reference").c_str()),
          "frame of reference");
  const auto [rows, columns] = source.spacing.value_or(std::array{1.0, 1.0});
  FGPixelMeasures measures;
  require(measures.setPixelSpacing(decimal(rows) + "\\" + decimal(columns)), "pixel spacing");
  require(measures.setSliceThickness("1"), "slice thickness");
  require(object.addForAllFrames(measures), "pixel measures");
  const std::unique_ptr<FGPlanePosPatient> position(
      FGPlanePosPatient::createMinimal("0", "0", "0"));
  require(object.addForAllFrames(*position), "plane position");
  const auto [along, down] = plane_of(source);
  const std::unique_ptr<FGPlaneOrientationPatient> orientation(
      FGPlaneOrientationPatient::createMinimal(decimal(along[0]), decimal(along[1]),
                                               decimal(along[2]), decimal(down[0]),
                                               decimal(down[1]), decimal(down[2])));
  require(object.addForAllFrames(*orientation), "plane orientation");
}

/// What each frame comes from. Readers find the masks of a film by it.
std::unique_ptr<FGDerivationImage> derivation_image(const DicomSource& source) {
  auto derivation = std::make_unique<FGDerivationImage>();
  DerivationImageItem* item = nullptr;
  require(derivation->addDerivationImageItem(code("113076", "DCM", "Segmentation"),
                                             "Lungs found by a network", item),
          "derivation");
  auto image = std::make_unique<SourceImageItem>();
  ImageSOPInstanceReferenceMacro& reference = image->getImageSOPInstanceReference();
  require(reference.setReferencedSOPClassUID(source.sop_class.c_str()), "source image");
  require(reference.setReferencedSOPInstanceUID(source.uids.instance.c_str()), "source image");
  if (is_first_of_frames(source)) require(reference.addReferencedFrameNumber(1), "source image");
  image->getPurposeOfReferenceCode() =
      code("121322", "DCM", "Source image for image processing operation");
  item->getSourceImageItems().push_back(image.release());
  return derivation;
}

/// For viewers that look for references there, and not in the frames.
void put_references(DcmSegmentation& object, const DicomSource& source) {
  IODReferences references;
  references.add(new IODImageReference("", source.uids.study.c_str(), source.uids.series.c_str(),
                                       source.uids.instance.c_str(), source.sop_class.c_str()));
  if (object.getCommonInstanceReference().addReferences(references, source.uids.study.c_str()) !=
      1) {
    require(EC_IllegalCall, "reference to the source image");
  }
}

void add_segment(DcmSegmentation& object, const LungSegment& segment, const DicomSource& source,
                 const JudgedBy& judged_by) {
  Uint16 number = 0;
  require(object.addSegment(make_segment(segment.side, judged_by), number), "segment");
  FGFrameContent content;
  require(content.setDimensionIndexValues(number, 0), "dimension");
  OFVector<FGBase*> groups;
  groups.push_back(&content);
  const std::unique_ptr<FGDerivationImage> derivation = derivation_image(source);
  groups.push_back(derivation.get());
  const cv::Mat mask = segment.mask.isContinuous() ? segment.mask : segment.mask.clone();
  require(object.addFrame(mask.data, number, groups), "frame");
}

/// States that the masks lie on the film's own pixels, which DCMTK has no function for and without
/// which highdicom gives none out.
void put_locations_preserved(DcmDataset& set) {
  DcmItem* frame = nullptr;
  for (signed long i = 0;
       set.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, i).good(); ++i) {
    DcmItem *derivation = nullptr, *image = nullptr;
    require(frame->findAndGetSequenceItem(DCM_DerivationImageSequence, derivation), "derivation");
    require(derivation->findAndGetSequenceItem(DCM_SourceImageSequence, image), "source image");
    put(*image, DCM_SpatialLocationsPreserved, "YES");
  }
}

std::unique_ptr<DcmSegmentation> make_object(const DicomSource& source, const JudgedBy& judged_by) {
  DcmSegmentation* made = nullptr;
  const ContentIdentificationMacro identification("1", "LUNGS", "Lungs found by cxr-infer", "");
  const IODGeneralEquipmentModule::EquipmentInfo equipment(
      kManufacturer, kDevice, serial_number(judged_by).c_str(), version().c_str());
  require(DcmSegmentation::createBinarySegmentation(made, static_cast<Uint16>(source.size.height),
                                                    static_cast<Uint16>(source.size.width),
                                                    equipment, identification),
          "segmentation");
  std::unique_ptr<DcmSegmentation> object(made);
  const std::string organization = uid_of(source, judged_by, "dimensions");
  require(
      object->getDimensions().addDimensionIndex(DCM_ReferencedSegmentNumber, organization.c_str(),
                                                DCM_SegmentIdentificationSequence, "Segment"),
      "dimension");
  require(object->getStudy().setStudyInstanceUID(source.uids.study.c_str()), "study");
  require(object->getSeries().setSeriesNumber("1"), "series");
  require(object->getSeries().setSeriesInstanceUID(
              series_uid(source, judged_by, kSegmentationObject).c_str()),
          "series");
  return object;
}

}  // namespace

std::string segmentation(const DicomSource& source, const std::vector<LungSegment>& segments,
                         const JudgedBy& judged_by) {
  const std::unique_ptr<DcmSegmentation> object = make_object(source, judged_by);
  put_plane(*object, source, judged_by);
  put_references(*object, source);
  for (const LungSegment& segment : segments) add_segment(*object, segment, source, judged_by);
  DcmFileFormat file;
  DcmDataset& set = *file.getDataset();
  require(object->writeDataset(set), "segmentation");
  put_locations_preserved(set);
  put_common_modules(set, source, judged_by, kSegmentationObject);
  put(set, DCM_DerivationDescription, derivation(judged_by));
  return bytes_of(file);
}

}  // namespace cxr
