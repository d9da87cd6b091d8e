#include "dicom_pixels.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <dcmtk/dcmjpeg/djdecode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "image_header.h"
#include "jpeg_2000.h"
#include "jpeg_ls.h"
#include "rle.h"
#include "sample_planes.h"

namespace cxr {
namespace {

using Buffer = std::vector<std::uint8_t>;

[[noreturn]] void fail(E_TransferSyntax syntax) {
  throw std::runtime_error(
      std::string("cannot be decoded: damaged, incomplete or of an unusual kind; its transfer "
                  "syntax is ") +
      DcmXfer(syntax).getXferName());
}

/// An image of the format's size and kind, without content.
cv::Mat blank(const DicomPixelFormat& format) {
  const int depth = format.bits_allocated == 8    ? CV_8U
                    : format.bits_allocated == 16 ? CV_16U
                                                  : CV_32S;
  return cv::Mat(format.rows, format.columns, CV_MAKETYPE(depth, format.samples_per_pixel));
}

// ---- Uncompressed

void reverse_bytes(cv::Mat& samples, std::size_t width) {
  const std::size_t bytes = samples.total() * samples.elemSize();
  for (std::size_t i = 0; i + width <= bytes; i += width) {
    std::reverse(samples.data + i, samples.data + i + width);
  }
}

/// The luma of YBR_FULL_422 (PS3.3, C.7.6.3.1.2): for two pixels their two, then what they share.
cv::Mat luma_of_pairs(std::span<const std::uint8_t> bytes, const DicomPixelFormat& format) {
  cv::Mat luma(format.rows, format.columns, CV_8UC1);
  for (std::size_t i = 0; i < luma.total(); ++i) luma.data[i] = bytes[i / 2 * 4 + i % 2];
  return luma;
}

DicomPixels raw_pixels(DicomDataSet& set, const DicomPixelFormat& format) {
  const std::span<const std::uint8_t> bytes = set.native_pixels(format.frame_bytes());
  if (format.is_subsampled()) {
    if (format.bits_allocated != 8 || bytes.size() % 4 != 0) fail(set.syntax());
    return {luma_of_pairs(bytes, format), true};
  }
  cv::Mat samples = blank(format);
  std::memcpy(samples.data, bytes.data(), bytes.size());
  if (DcmXfer(set.syntax()).getByteOrder() == EBO_BigEndian && set.is_in_words()) {
    reverse_bytes(samples, std::max<std::size_t>(2, samples.elemSize1()));
  }
  if (samples.channels() == 3 && format.in_planes) samples = interleave(samples);
  return {samples, format.photometric.starts_with("YBR")};
}

DicomPixels run_length_pixels(DicomDataSet& set, const DicomPixelFormat& format) {
  cv::Mat samples = blank(format);
  decode_rle(set.first_frame(format.frames), samples);
  return {samples, format.photometric.starts_with("YBR")};
}

// ---- JPEG

void register_jpeg_decoders() {
  [[maybe_unused]] static const bool once = [] {
    DJDecoderRegistration::registerCodecs(EDC_never, EUC_default, EPC_colorByPixel);
    return true;
  }();
}

/// A data set of nothing but one compressed frame.
void describe_frame(DcmDataset& set, const DicomPixelFormat& format, E_TransferSyntax syntax,
                    Buffer& frame) {
  const auto put = [&](const DcmTagKey& tag, int value) {
    if (set.putAndInsertUint16(tag, static_cast<Uint16>(value)).bad()) fail(syntax);
  };
  put(DCM_Rows, format.rows);
  put(DCM_Columns, format.columns);
  put(DCM_SamplesPerPixel, format.samples_per_pixel);
  put(DCM_PlanarConfiguration, 0);
  put(DCM_BitsAllocated, format.bits_allocated);
  put(DCM_BitsStored, format.bits_stored);
  put(DCM_HighBit, format.high_bit);
  put(DCM_PixelRepresentation, format.is_signed ? 1 : 0);
  set.putAndInsertString(DCM_PhotometricInterpretation, format.photometric.c_str());
  auto* sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
  sequence->insert(new DcmPixelItem(DCM_PixelItemTag));  // the offset table
  DcmOffsetList offsets;
  sequence->storeCompressedFrame(offsets, frame.data(), static_cast<Uint32>(frame.size()), 0);
  auto* pixels = new DcmPixelData(DCM_PixelData);
  pixels->putOriginalRepresentation(syntax, nullptr, sequence);
  if (set.insert(pixels).bad()) fail(syntax);
}

/// A JPEG knows better than the format, which often says RGB of what is none.
bool is_ybr(JpegColours colours, const DicomPixelFormat& format) {
  return colours == JpegColours::unknown ? format.photometric.starts_with("YBR")
                                         : colours == JpegColours::ybr;
}

DicomPixels jpeg_pixels(DicomDataSet& set, const DicomPixelFormat& format) {
  register_jpeg_decoders();
  Buffer jpeg = set.first_frame(format.frames);
  const std::optional<ImageHeader> header = parse_image_header(jpeg);
  if (!header || header->format != ImageFormat::jpeg || header->width != format.columns ||
      header->height != format.rows || !header->complete || header->is_costly) {
    fail(set.syntax());
  }
  DcmDataset described;
  describe_frame(described, format, set.syntax(), jpeg);
  DcmElement* element = nullptr;
  described.findAndGetElement(DCM_PixelData, element);
  cv::Mat samples = blank(format);
  const std::size_t wanted = samples.total() * samples.elemSize();
  Buffer buffer(wanted + wanted % 2);
  Uint32 fragment = 0;
  OFString colours;
  const OFCondition status = dynamic_cast<DcmPixelData&>(*element).getUncompressedFrame(
      &described, 0, fragment, buffer.data(), static_cast<Uint32>(buffer.size()), colours);
  if (status.bad()) fail(set.syntax());
  std::memcpy(samples.data, buffer.data(), wanted);
  return {samples, is_ybr(header->colours, format)};
}

// ---- JPEG-LS and JPEG 2000

DicomPixels jpeg_ls_pixels(DicomDataSet& set, const DicomPixelFormat& format) {
  const cv::Mat wanted = blank(format);
  const cv::Mat samples =
      decode_jpeg_ls(set.first_frame(format.frames), wanted.size(), wanted.type());
  if (samples.empty()) fail(set.syntax());
  return {samples, format.photometric.starts_with("YBR")};
}

DicomPixels jpeg_2000_pixels(DicomDataSet& set, const DicomPixelFormat& format) {
  const cv::Mat wanted = blank(format);
  const cv::Mat samples =
      decode_jpeg_2000(set.first_frame(format.frames), wanted.size(), wanted.type());
  if (samples.empty()) fail(set.syntax());
  // The decoder undoes the colour transformations of its own.
  const bool is_ybr = format.photometric.starts_with("YBR") && format.photometric != "YBR_RCT" &&
                      format.photometric != "YBR_ICT";
  return {samples, is_ybr};
}

DicomPixels decode(DicomDataSet& set, const DicomPixelFormat& format) {
  switch (set.syntax()) {
    case EXS_LittleEndianImplicit:
    case EXS_LittleEndianExplicit:
    case EXS_BigEndianImplicit:
    case EXS_BigEndianExplicit:
      return raw_pixels(set, format);
    case EXS_RLELossless:
      return run_length_pixels(set, format);
    case EXS_JPEGLSLossless:
    case EXS_JPEGLSLossy:
      return jpeg_ls_pixels(set, format);
    case EXS_JPEG2000LosslessOnly:
    case EXS_JPEG2000:
      return jpeg_2000_pixels(set, format);
    default:
      return jpeg_pixels(set, format);
  }
}

bool is_lossy(E_TransferSyntax syntax) {
  static constexpr std::array kLossless = {
      EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianImplicit,
      EXS_BigEndianExplicit,    EXS_RLELossless,          EXS_JPEGProcess14,
      EXS_JPEGProcess14SV1,     EXS_JPEGLSLossless,       EXS_JPEG2000LosslessOnly};
  return std::ranges::find(kLossless, syntax) == kLossless.end();
}

/// A codec knows 8, 12 or 16 bits, and where it loses, it can go beyond the white of fewer. Of such
/// a sample, the stored bits are those of black. Without loss, the bits above may be an overlay's.
void clip_to_white(cv::Mat& samples, const DicomPixelFormat& format) {
  const bool has_bits_above =
      format.high_bit == format.bits_stored - 1 && format.bits_stored < format.bits_allocated;
  if (has_bits_above && !format.is_signed && samples.depth() != CV_32S) {
    cv::min(samples, std::ldexp(1.0, format.bits_stored) - 1, samples);
  }
}

}  // namespace

DicomPixels decode_first_frame(DicomDataSet& set, const DicomPixelFormat& format) {
  DicomPixels pixels = decode(set, format);
  if (is_lossy(set.syntax())) clip_to_white(pixels.samples, format);
  return pixels;
}

}  // namespace cxr
