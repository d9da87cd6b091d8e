#include "dicom.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcistrmb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "cxr/error.h"
#include "dicom_attributes.h"
#include "dicom_pixels.h"
#include "grayscale_transform.h"

namespace cxr {
namespace {

/// By View Position, or by the meaning of the View Code where that speaks of a lateral view alone.
bool is_lateral(const DicomAttributes& all) {
  static constexpr std::array kLateral = {"LL", "RL", "LAT", "LATERAL", "LLAT", "RLAT"};
  if (std::ranges::count(kLateral, all.text(DCM_ViewPosition)) > 0) return true;
  DcmItem* code = all.item(DCM_ViewCodeSequence);
  if (code == nullptr) return false;
  const std::string meaning = DicomAttributes(*code).text(DCM_CodeMeaning);
  const auto says = [&](const char* word) { return meaning.find(word) != std::string::npos; };
  return says("LATERAL") && !says("OBLIQUE") && !says("DECUBITUS");
}

std::optional<DicomLut> read_lut(const DicomAttributes& all, const DcmTagKey& tag, bool is_signed) {
  DcmItem* item = all.item(tag);
  if (item == nullptr) return std::nullopt;
  const DicomAttributes lut(*item);
  const std::vector<std::uint16_t> descriptor = lut.words(DCM_LUTDescriptor);
  if (descriptor.size() != 3) return std::nullopt;
  const std::size_t count = descriptor[0] == 0 ? 65536 : descriptor[0];  // PS3.3, C.11.1.1.1
  const int first = is_signed ? static_cast<std::int16_t>(descriptor[1]) : descriptor[1];
  std::vector<std::uint16_t> entries = lut.words(DCM_LUTData);
  if (entries.size() < count) return std::nullopt;
  entries.resize(count);
  return DicomLut{first, std::clamp<int>(descriptor[2], 8, 16), std::move(entries)};
}

std::optional<DicomWindow> read_window(const DicomAttributes& all) {
  using Shape = DicomWindow::Shape;
  const std::optional<double> centre = all.number(DCM_WindowCenter);
  const std::optional<double> width = all.number(DCM_WindowWidth);
  const std::string name = all.text(DCM_VOILUTFunction);
  const Shape shape = name == "LINEAR_EXACT" ? Shape::linear_exact
                      : name == "SIGMOID"    ? Shape::sigmoid
                                             : Shape::linear;
  const bool is_valid = shape == Shape::linear ? width >= 1 : width > 0;
  if (!centre || !is_valid) return std::nullopt;
  return DicomWindow{*centre, *width, shape};
}

std::optional<std::pair<int, int>> read_padding(const DicomAttributes& all, bool is_signed) {
  if (!all.has(DCM_PixelPaddingValue)) return std::nullopt;
  const int first = all.word(DCM_PixelPaddingValue, is_signed);
  const int last =
      all.has(DCM_PixelPaddingRangeLimit) ? all.word(DCM_PixelPaddingRangeLimit, is_signed) : first;
  return std::minmax(first, last);
}

GrayscaleTransform read_tones(const DicomAttributes& all) {
  GrayscaleTransform tones;
  tones.bits = all.word(DCM_BitsStored);
  tones.is_signed = all.word(DCM_PixelRepresentation) == 1;
  tones.modality_lut = read_lut(all, DCM_ModalityLUTSequence, tones.is_signed);
  tones.slope = all.number(DCM_RescaleSlope).value_or(1);
  tones.intercept = all.number(DCM_RescaleIntercept).value_or(0);
  const bool has_negatives = tones.is_signed || tones.intercept < 0 || tones.slope < 0;
  tones.voi_lut = read_lut(all, DCM_VOILUTSequence, has_negatives && !tones.modality_lut);
  tones.window = read_window(all);
  tones.inverted = all.text(DCM_PhotometricInterpretation) == "MONOCHROME1";
  tones.padding = read_padding(all, tones.is_signed);
  return tones;
}

/// See apply_grayscale_transform().
cv::Mat stored_values(const cv::Mat& samples, const DicomAttributes& all) {
  const int bits = all.word(DCM_BitsStored);
  const int shift = all.word(DCM_HighBit) + 1 - bits;
  const int mask = (1 << bits) - 1;
  // Two's complement with its sign turned over counts up from the least value.
  const int sign = all.word(DCM_PixelRepresentation) == 1 ? 1 << (bits - 1) : 0;
  cv::Mat stored;
  samples.convertTo(stored, CV_16U);
  for (int y = 0; y < stored.rows; ++y) {
    auto* row = stored.ptr<std::uint16_t>(y);
    std::transform(row, row + stored.cols, row, [&](std::uint16_t value) {
      return static_cast<std::uint16_t>(((value >> shift) & mask) ^ sign);
    });
  }
  return stored;
}

cv::Mat luma(const DicomPixels& pixels, int bits_stored) {
  cv::Mat grey;
  if (pixels.colours == "RGB") {
    cv::cvtColor(pixels.samples, grey, cv::COLOR_RGB2GRAY);
  } else {
    cv::extractChannel(pixels.samples, grey, 0);  // of YBR
  }
  grey.convertTo(grey, CV_8U, 255.0 / ((1 << bits_stored) - 1));
  return grey;
}

/// DCMTK would log to standard error what is told better in an image's error.
void silence_dcmtk() {
  [[maybe_unused]] static const bool once = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    return true;
  }();
}

}  // namespace

bool is_dicom(std::span<const std::uint8_t> bytes) noexcept {
  return bytes.size() >= kDicomMagicBytes && std::memcmp(bytes.data() + 128, "DICM", 4) == 0;
}

DicomFile::DicomFile(std::span<const std::uint8_t> bytes, const std::filesystem::path& file,
                     bool force)
    : file_(file) {
  silence_dcmtk();
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  content_.transferInit();
  const OFCondition status = content_.read(stream);
  content_.transferEnd();
  if (status.bad()) fail("is damaged or incomplete DICOM; copy it again");
  check_kind(force);
  check_pixels();
}

void DicomFile::check_kind(bool force) {
  static constexpr std::array kRadiography = {"CR", "DX", "DR", "RG", "OT", "SC", ""};
  const auto skip = [&](const std::string& what) {
    if (!force) {
      throw SkippedError("read", file_.string(), what + "; --force reads it all the same");
    }
  };
  const DicomAttributes all(*content_.getDataset());
  if (all.has(DCM_DirectoryRecordSequence)) {
    throw SkippedError("read", file_.string(), "is a DICOMDIR, no image");
  }
  const std::string modality = all.text(DCM_Modality);
  if (std::ranges::count(kRadiography, modality) == 0) {
    skip("not a chest radiograph: its modality is " + modality.substr(0, 16));
  }
  if (!all.has(DCM_PixelData)) fail("is DICOM without an image");
  if (is_lateral(all)) skip("is a lateral view");
  const double frames = all.number(DCM_NumberOfFrames).value_or(1);
  if (frames > 1) skip("has " + std::to_string(static_cast<long>(frames)) + " frames");
}

void DicomFile::check_pixels() {
  const DicomAttributes all(*content_.getDataset());
  if (size().width == 0 || size().height == 0) fail("is damaged DICOM: its header has no size");
  const int stored = all.word(DCM_BitsStored), allocated = all.word(DCM_BitsAllocated);
  const int high = all.word(DCM_HighBit);
  if ((allocated != 8 && allocated != 16) || stored < 1 || high >= allocated || high < stored - 1) {
    fail("has pixels of " + std::to_string(stored) + " in " + std::to_string(allocated) +
         " bits, which are not read");
  }
  const int samples = all.word(DCM_SamplesPerPixel);
  const std::string colours = all.text(DCM_PhotometricInterpretation);
  const bool is_grey = samples == 1 && colours.starts_with("MONOCHROME");
  const bool is_colour = samples == 3 && (colours == "RGB" || colours.starts_with("YBR_"));
  if (!is_grey && !is_colour) fail("is neither grey nor RGB nor YBR; convert it");
}

cv::Size DicomFile::size() {
  const DicomAttributes all(*content_.getDataset());
  return {all.word(DCM_Columns), all.word(DCM_Rows)};
}

cv::Mat DicomFile::decode() {
  DcmDataset& set = *content_.getDataset();
  const DicomAttributes all(set);
  try {
    const DicomPixels pixels = decode_first_frame(set);
    if (pixels.samples.channels() == 3) return luma(pixels, all.word(DCM_BitsStored));
    return apply_grayscale_transform(stored_values(pixels.samples, all), read_tones(all));
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
}

void DicomFile::fail(const std::string& what) const { throw Error("read", file_.string(), what); }

}  // namespace cxr
