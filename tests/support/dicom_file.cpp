#include "support/dicom_file.h"

#include <charls/charls.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcvrobow.h>
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
  return spec.bits_stored != 0 ? spec.bits_stored : static_cast<int>(8 * spec.samples.elemSize1());
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
  word(DCM_BitsAllocated, static_cast<int>(8 * spec.samples.elemSize1()));
  word(DCM_BitsStored, bits_stored(spec));
  word(DCM_HighBit, spec.high_bit == 0 ? bits_stored(spec) - 1 : spec.high_bit);
  word(DCM_PixelRepresentation, spec.samples.depth() == CV_16S ? 1 : 0);
  if (spec.frames > 1) {
    check(set.putAndInsertString(DCM_NumberOfFrames, std::to_string(spec.frames).c_str()));
  }
  for (const auto& [place, text] : spec.texts) {
    const auto [item, tag] = find_place(set, place);
    check(item->putAndInsertString(tag, text.data(), static_cast<Uint32>(text.size())));
  }
  for (const auto& [place, words] : spec.words) {
    const auto [item, tag] = find_place(set, place);
    check(item->putAndInsertUint16Array(tag, words.data(), words.size()));
  }
  for (const auto& [place, bytes] : spec.unknown) {
    auto* element = new DcmOtherByteOtherWord(DcmTag(tag_at(place), EVR_UN));
    check(element->putUint8Array(reinterpret_cast<const Uint8*>(bytes.data()), bytes.size()));
    check(set.insert(element, OFTrue));
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

void insert_codestream(DcmDataset& set, const Bytes& bytes, E_TransferSyntax syntax,
                       int fragments = 1) {
  auto* sequence = new DcmPixelSequence(DCM_PixelData);
  sequence->insert(new DcmPixelItem(DCM_PixelItemTag));
  const std::size_t length = (bytes.size() / static_cast<std::size_t>(fragments) + 1) / 2 * 2;
  for (int i = 0; i < fragments; ++i) {
    const std::size_t begin = length * static_cast<std::size_t>(i);
    Bytes part(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
               i + 1 == fragments ? bytes.end()
                                  : bytes.begin() + static_cast<std::ptrdiff_t>(begin + length));
    if (part.size() % 2 != 0) part.push_back(0);
    auto* item = new DcmPixelItem(DCM_PixelItemTag);
    check(item->putUint8Array(part.data(), part.size()));
    check(sequence->insert(item));
  }
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
  if (!spec.has_image) {
    // Nothing but attributes.
  } else if (!spec.codestream.empty()) {
    insert_codestream(set, spec.codestream, spec.syntax, spec.fragments);
  } else if (!spec.raw.empty()) {
    insert_raw(set, spec.raw, false);
  } else if (spec.syntax == EXS_JPEGLSLossless || spec.syntax == EXS_JPEGLSLossy) {
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
  const auto mode = spec.has_preamble ? EWM_fileformat : EWM_dataset;
  check(content.saveFile(file.c_str(), spec.syntax, EET_UndefinedLength, EGL_recalcGL, EPD_noChange,
                         0, 0, mode));
}

}  // namespace cxr::test
