#include "dicom_attributes.h"

#include <dcmtk/dcmdata/dcdeftag.h>

#include <algorithm>
#include <cmath>

namespace cxr {
namespace {

/// The entries of a table. Those of 8 bits may be two in a word.
std::vector<std::uint16_t> unpacked(std::vector<std::uint16_t> words, std::size_t count) {
  if (words.size() != (count + 1) / 2 || count < 2) return words;
  std::vector<std::uint16_t> entries;
  for (const std::uint16_t word : words) {
    entries.push_back(word & 0xFFU);
    entries.push_back(static_cast<std::uint16_t>(word >> 8));
  }
  return entries;
}

std::optional<DicomLut> read_lut(const DicomItem& item, const DcmTagKey& descriptor_tag,
                                 const DcmTagKey& data_tag, bool is_signed) {
  const std::vector<std::uint16_t> descriptor = item.words(descriptor_tag);
  if (descriptor.size() != 3) return std::nullopt;
  const std::size_t count = descriptor[0] == 0 ? 65536 : descriptor[0];  // PS3.3, C.11.1.1.1
  const int first = is_signed ? static_cast<std::int16_t>(descriptor[1]) : descriptor[1];
  std::vector<std::uint16_t> entries = unpacked(item.words(data_tag), count);
  if (entries.size() < count) return std::nullopt;
  entries.resize(count);
  return DicomLut{first, std::move(entries)};
}

std::optional<DicomLut> read_lut(const DicomItem& set, const DcmTagKey& sequence, bool is_signed) {
  const std::optional<DicomItem> item = set.item(sequence);
  if (!item) return std::nullopt;
  return read_lut(*item, DCM_LUTDescriptor, DCM_LUTData, is_signed);
}

std::optional<DicomWindow> read_window(const DicomItem& set) {
  using Shape = DicomWindow::Shape;
  const std::optional<double> centre = set.number(DCM_WindowCenter);
  const std::optional<double> width = set.number(DCM_WindowWidth);
  const std::string name = set.text(DCM_VOILUTFunction);
  const Shape shape = name == "LINEAR_EXACT" ? Shape::linear_exact
                      : name == "SIGMOID"    ? Shape::sigmoid
                                             : Shape::linear;
  const bool is_valid = shape == Shape::linear ? width >= 1 : width > 0;
  if (!centre || !is_valid) return std::nullopt;
  return DicomWindow{*centre, *width, shape};
}

std::optional<std::pair<int, int>> read_padding(const DicomItem& set, bool is_signed) {
  if (!set.has(DCM_PixelPaddingValue)) return std::nullopt;
  const int first = set.integer(DCM_PixelPaddingValue, is_signed);
  const int last = set.has(DCM_PixelPaddingRangeLimit)
                       ? set.integer(DCM_PixelPaddingRangeLimit, is_signed)
                       : first;
  return std::minmax(first, last);
}

GrayscaleTransform read_tones(const DicomItem& set, const DicomPixelFormat& pixels) {
  GrayscaleTransform tones;
  tones.bits = pixels.bits_stored;
  tones.is_signed = pixels.is_signed;
  tones.modality_lut = read_lut(set, DCM_ModalityLUTSequence, tones.is_signed);
  tones.slope = set.number(DCM_RescaleSlope).value_or(1);
  tones.intercept = set.number(DCM_RescaleIntercept).value_or(0);
  const bool has_negatives = tones.is_signed || tones.intercept < 0 || tones.slope < 0;
  tones.voi_lut = read_lut(set, DCM_VOILUTSequence, has_negatives && !tones.modality_lut);
  tones.window = read_window(set);
  // They say the same of MONOCHROME1, and contradict each other of MONOCHROME2 (PS3.3, C.11.6).
  tones.inverted =
      pixels.photometric == "MONOCHROME1" || set.text(DCM_PresentationLUTShape) == "INVERSE";
  tones.padding = read_padding(set, tones.is_signed);
  return tones;
}

DicomPixelFormat read_pixel_format(const DicomItem& set) {
  DicomPixelFormat pixels;
  pixels.rows = set.integer(DCM_Rows);
  pixels.columns = set.integer(DCM_Columns);
  pixels.samples_per_pixel = set.integer(DCM_SamplesPerPixel);
  pixels.bits_allocated = set.integer(DCM_BitsAllocated);
  pixels.bits_stored = set.integer(DCM_BitsStored);
  pixels.high_bit = set.integer(DCM_HighBit);
  pixels.is_signed = set.integer(DCM_PixelRepresentation) == 1;
  pixels.in_planes = set.integer(DCM_PlanarConfiguration) == 1;
  pixels.photometric = set.text(DCM_PhotometricInterpretation);
  pixels.frames = static_cast<int>(std::clamp(set.number(DCM_NumberOfFrames).value_or(1), 1., 1e9));
  return pixels;
}

std::optional<std::array<DicomLut, 3>> read_palette(const DicomItem& set) {
  auto red = read_lut(set, DCM_RedPaletteColorLookupTableDescriptor,
                      DCM_RedPaletteColorLookupTableData, false);
  auto green = read_lut(set, DCM_GreenPaletteColorLookupTableDescriptor,
                        DCM_GreenPaletteColorLookupTableData, false);
  auto blue = read_lut(set, DCM_BluePaletteColorLookupTableDescriptor,
                       DCM_BluePaletteColorLookupTableData, false);
  if (!red || !green || !blue) return std::nullopt;
  return std::array{std::move(*red), std::move(*green), std::move(*blue)};
}

/// The spacing, or where it is missing the ratio (PS3.3, C.7.6.3.1.7): of the rows, of the columns.
double read_pixel_aspect(const DicomItem& set) {
  for (const DcmTagKey& tag : {DCM_PixelSpacing, DCM_ImagerPixelSpacing,
                               DCM_NominalScannedPixelSpacing, DCM_PixelAspectRatio}) {
    const std::vector<double> sides = set.numbers(tag);
    if (sides.size() == 2 && sides[0] > 0 && sides[1] > 0) return sides[0] / sides[1];
  }
  return 1;
}

std::string code_meaning(const DicomItem& set, const DcmTagKey& sequence) {
  const std::optional<DicomItem> code = set.item(sequence);
  return code ? code->text(DCM_CodeMeaning) : "";
}

}  // namespace

DicomAttributes read_attributes(const DicomItem& set) {
  DicomAttributes all;
  all.is_directory = set.has(DCM_DirectoryRecordSequence);
  all.sop_class = set.text(DCM_SOPClassUID);
  all.modality = set.text(DCM_Modality);
  all.device = set.text(DCM_ManufacturerModelName);
  all.body_part = set.text(DCM_BodyPartExamined);
  all.anatomic_region = code_meaning(set, DCM_AnatomicRegionSequence);
  all.view_position = set.text(DCM_ViewPosition);
  all.view = code_meaning(set, DCM_ViewCodeSequence);
  all.descriptions = {set.text(DCM_SeriesDescription), set.text(DCM_ProtocolName),
                      set.text(DCM_StudyDescription)};
  if (const auto sides = set.texts(DCM_PatientOrientation); sides.size() == 2) {
    all.orientation = {sides[0], sides[1]};
  }
  all.pixel_aspect = read_pixel_aspect(set);
  all.pixels = read_pixel_format(set);
  all.tones = read_tones(set, all.pixels);
  all.palette = read_palette(set);
  return all;
}

}  // namespace cxr
