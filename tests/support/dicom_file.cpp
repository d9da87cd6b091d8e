#include "support/dicom_file.h"

#include <charls/charls.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmimage/diregist.h>  // JPEG of colour images
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpeg/djrploss.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace cxr::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

void check(const OFCondition& status) {
  if (status.bad()) throw std::runtime_error(status.text());
}

void register_encoders() {
  [[maybe_unused]] static const bool once = [] {
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs(ECC_lossyYCbCr, EUC_never);
    return true;
  }();
}

DcmTagKey tag_at(const std::string& place) {
  return {static_cast<Uint16>(std::stoul(place.substr(0, 4), nullptr, 16)),
          static_cast<Uint16>(std::stoul(place.substr(5, 4), nullptr, 16))};
}

/// Where an element belongs: the data set, or an item in it; and which it is.
std::pair<DcmItem*, DcmTagKey> find_place(DcmItem& set, const std::string& place) {
  if (place.size() <= 9) return {&set, tag_at(place)};
  DcmItem* item = nullptr;
  check(set.findOrCreateSequenceItem(tag_at(place), item));
  return {item, tag_at(place.substr(10))};
}

int bits_stored(const DicomSpec& spec) {
  return spec.bits_stored != 0 ? spec.bits_stored : spec.samples.depth() == CV_8U ? 8 : 16;
}

void describe(DcmDataset& set, const DicomSpec& spec) {
  const auto word = [&](const DcmTagKey& tag, int value) {
    check(set.putAndInsertUint16(tag, static_cast<Uint16>(value)));
  };
  check(set.putAndInsertString(DCM_SOPClassUID, UID_DigitalXRayImageStorageForPresentation));
  check(set.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4"));
  check(set.putAndInsertString(DCM_Modality, "DX"));
  check(set.putAndInsertString(DCM_PatientName, "Secret^Patient"));
  check(set.putAndInsertString(DCM_PhotometricInterpretation, spec.photometric.c_str()));
  word(DCM_SamplesPerPixel, spec.samples.channels());
  if (spec.samples.channels() == 3) word(DCM_PlanarConfiguration, spec.in_planes ? 1 : 0);
  word(DCM_Rows, spec.samples.rows / spec.frames);
  word(DCM_Columns, spec.samples.cols);
  word(DCM_BitsAllocated, spec.samples.depth() == CV_8U ? 8 : 16);
  word(DCM_BitsStored, bits_stored(spec));
  word(DCM_HighBit, spec.high_bit == 0 ? bits_stored(spec) - 1 : spec.high_bit);
  word(DCM_PixelRepresentation, spec.samples.depth() == CV_16S ? 1 : 0);
  if (spec.frames > 1) {
    check(set.putAndInsertString(DCM_NumberOfFrames, std::to_string(spec.frames).c_str()));
  }
  for (const auto& [place, text] : spec.texts) {
    const auto [item, tag] = find_place(set, place);
    check(item->putAndInsertString(tag, text.c_str()));
  }
  for (const auto& [place, words] : spec.words) {
    const auto [item, tag] = find_place(set, place);
    check(item->putAndInsertUint16Array(tag, words.data(), words.size()));
  }
}

/// The samples as they lie in an uncompressed file.
Bytes raw(const DicomSpec& spec) {
  cv::Mat samples = spec.samples.clone();
  if (spec.in_planes) {
    std::vector<cv::Mat> planes;
    cv::split(samples, planes);
    cv::vconcat(planes, samples);
  }
  Bytes bytes(samples.data, samples.data + samples.total() * samples.elemSize());
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  return bytes;
}

Bytes jpeg_ls(const DicomSpec& spec) {
  charls::jpegls_encoder encoder;
  encoder.frame_info({static_cast<std::uint32_t>(spec.samples.cols),
                      static_cast<std::uint32_t>(spec.samples.rows), bits_stored(spec),
                      spec.samples.channels()});
  if (spec.samples.channels() == 3) encoder.interleave_mode(charls::interleave_mode::sample);
  if (spec.syntax == EXS_JPEGLSLossy) encoder.near_lossless(2);
  Bytes bytes(encoder.estimated_destination_size());
  encoder.destination(bytes);
  bytes.resize(encoder.encode(spec.samples.data, spec.samples.total() * spec.samples.elemSize()));
  return bytes;
}

/// A JP2 file's codestream, which is all that DICOM wants of it.
Bytes jpeg_2000(const DicomSpec& spec) {
  cv::Mat samples = spec.samples.clone();
  // Signed values become unsigned ones for the encoder, and the codestream then says otherwise.
  const bool is_signed = samples.depth() == CV_16S;
  if (is_signed) samples.convertTo(samples, CV_16U, 1, 32768);
  if (samples.channels() == 3) cv::cvtColor(samples, samples, cv::COLOR_RGB2BGR);
  Bytes bytes;
  const int quality = spec.syntax == EXS_JPEG2000 ? 500 : 1000;
  cv::imencode(".jp2", samples, bytes, {cv::IMWRITE_JPEG2000_COMPRESSION_X1000, quality});
  const Bytes start = {0xFF, 0x4F, 0xFF, 0x51};
  bytes.erase(bytes.begin(), std::search(bytes.begin(), bytes.end(), start.begin(), start.end()));
  if (is_signed) bytes[42] |= 0x80;
  return bytes;
}

void insert_codestream(DcmDataset& set, Bytes bytes, E_TransferSyntax syntax) {
  auto* sequence = new DcmPixelSequence(DCM_PixelData);
  sequence->insert(new DcmPixelItem(DCM_PixelItemTag));
  DcmOffsetList offsets;
  check(
      sequence->storeCompressedFrame(offsets, bytes.data(), static_cast<Uint32>(bytes.size()), 0));
  auto* pixels = new DcmPixelData(DCM_PixelData);
  pixels->putOriginalRepresentation(syntax, nullptr, sequence);
  check(set.insert(pixels));
}

void insert_raw(DcmDataset& set, const Bytes& bytes, bool is_deep) {
  if (is_deep) {
    check(set.putAndInsertUint16Array(DCM_PixelData, reinterpret_cast<const Uint16*>(bytes.data()),
                                      bytes.size() / 2));
  } else {
    check(set.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size()));
  }
}

}  // namespace

void write_dicom(const std::filesystem::path& file, const DicomSpec& spec) {
  register_encoders();
  DcmFileFormat content;
  DcmDataset& set = *content.getDataset();
  describe(set, spec);
  if (spec.syntax == EXS_JPEGLSLossless || spec.syntax == EXS_JPEGLSLossy) {
    insert_codestream(set, jpeg_ls(spec), spec.syntax);
  } else if (spec.syntax == EXS_JPEG2000LosslessOnly || spec.syntax == EXS_JPEG2000) {
    insert_codestream(set, jpeg_2000(spec), spec.syntax);
  } else {
    insert_raw(set, raw(spec), spec.samples.depth() != CV_8U);
    const DJ_RPLossy lossy(95);
    const DJ_RPLossless lossless;
    const bool is_lossy = spec.syntax == EXS_JPEGProcess1 || spec.syntax == EXS_JPEGProcess2_4;
    const DcmRepresentationParameter* parameter = nullptr;
    if (is_lossy) parameter = &lossy;
    if (spec.syntax == EXS_JPEGProcess14SV1) parameter = &lossless;
    check(set.chooseRepresentation(spec.syntax, parameter));
  }
  check(content.saveFile(file.c_str(), spec.syntax));
}

}  // namespace cxr::test
