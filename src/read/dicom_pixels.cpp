#include "dicom_pixels.h"

#include <charls/charls.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <dcmtk/dcmjpeg/djdecode.h>

#include <algorithm>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "image_header.h"
#include "rle.h"

namespace cxr {
namespace {

using Bytes = std::vector<std::uint8_t>;

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

/// Three planes, one after the other in memory, as channels.
cv::Mat interleave(const cv::Mat& planes) {
  const cv::Mat samples = planes.reshape(1, 3);
  std::vector<cv::Mat> channels;
  channels.reserve(3);
  for (int i = 0; i < 3; ++i) channels.push_back(samples.row(i).reshape(1, planes.rows));
  cv::Mat image;
  cv::merge(channels, image);
  return image;
}

/// Samples of a deeper or a shallower codestream as the format has them.
cv::Mat in_format(cv::Mat image, const DicomPixelFormat& format, E_TransferSyntax syntax) {
  const cv::Mat wanted = blank(format);
  if (image.size() != wanted.size() || image.channels() != wanted.channels()) fail(syntax);
  if (image.depth() == wanted.depth()) return image;
  if (image.depth() != CV_8U) fail(syntax);
  image.convertTo(image, wanted.depth());
  return image;
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

DicomPixels decode_raw(DicomDataSet& set, const DicomPixelFormat& format) {
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

DicomPixels decode_run_lengths(DicomDataSet& set, const DicomPixelFormat& format) {
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
                    Bytes& frame) {
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

DicomPixels decode_jpeg(DicomDataSet& set, const DicomPixelFormat& format) {
  register_jpeg_decoders();
  Bytes jpeg = set.first_frame(format.frames);
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
  Bytes buffer(wanted + wanted % 2);
  Uint32 fragment = 0;
  OFString colours;
  const OFCondition status = dynamic_cast<DcmPixelData&>(*element).getUncompressedFrame(
      &described, 0, fragment, buffer.data(), static_cast<Uint32>(buffer.size()), colours);
  if (status.bad()) fail(set.syntax());
  std::memcpy(samples.data, buffer.data(), wanted);
  return {samples, is_ybr(header->colours, format)};
}

// ---- JPEG-LS

/// Not by DCMTK, whose copy of CharLS has functions of the same names as the one that OpenCV may
/// bring along by way of GDCM.
cv::Mat decode_charls(const Bytes& bytes, const DicomPixelFormat& format, E_TransferSyntax syntax) {
  const charls::jpegls_decoder decoder(bytes, true);
  const charls::frame_info info = decoder.frame_info();
  const bool fits = info.width == static_cast<unsigned>(format.columns) &&
                    info.height == static_cast<unsigned>(format.rows) &&
                    info.component_count == format.samples_per_pixel &&
                    info.bits_per_sample <= std::min(format.bits_allocated, 16);
  if (!fits) fail(syntax);
  cv::Mat image(format.rows, format.columns,
                CV_MAKETYPE(info.bits_per_sample <= 8 ? CV_8U : CV_16U, info.component_count));
  if (decoder.destination_size() != image.total() * image.elemSize()) fail(syntax);
  decoder.decode(image.data, image.total() * image.elemSize());
  const bool in_planes = decoder.interleave_mode() == charls::interleave_mode::none;
  return image.channels() == 3 && in_planes ? interleave(image) : image;
}

/// Removes zeros that stand before the end marker to make the length even. Returns whether there
/// were any.
bool remove_padding(Bytes& bytes) {
  static constexpr std::uint8_t kEnd[] = {0xFF, 0xD9};
  const auto end = std::find_end(bytes.begin(), bytes.end(), std::begin(kEnd), std::end(kEnd));
  auto begin = end;
  while (begin != bytes.begin() && *(begin - 1) == 0) --begin;
  const bool has_padding = begin != end;
  bytes.erase(begin, end);
  return has_padding;
}

DicomPixels decode_jpeg_ls(DicomDataSet& set, const DicomPixelFormat& format) {
  Bytes bytes = set.first_frame(format.frames);
  const auto decode = [&] {
    return DicomPixels{in_format(decode_charls(bytes, format, set.syntax()), format, set.syntax()),
                       format.photometric.starts_with("YBR")};
  };
  try {
    return decode();
  } catch (const charls::jpegls_error&) {
    if (!remove_padding(bytes)) fail(set.syntax());
  }
  try {
    return decode();
  } catch (const charls::jpegls_error&) {
    fail(set.syntax());
  }
}

// ---- JPEG 2000

/// Where the codestream begins, which some files wrap in a JP2 file; the end if there is none.
std::size_t find_codestream(const Bytes& bytes) {
  static constexpr std::uint8_t kStart[] = {0xFF, 0x4F, 0xFF, 0x51};  // SOC, SIZ
  static constexpr std::uint8_t kJp2[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};
  const bool is_wrapped = bytes.size() >= std::size(kJp2) &&
                          std::ranges::equal(kJp2, std::span(bytes).first(std::size(kJp2)));
  const auto found = std::search(bytes.begin(), bytes.end(), std::begin(kStart), std::end(kStart));
  const auto begin = static_cast<std::size_t>(found - bytes.begin());
  return begin == 0 || is_wrapped ? begin : bytes.size();
}

struct CodestreamSize {
  std::int64_t width = 0, height = 0;
  int components = 0;
};

/// From the marker SIZ (ISO 15444-1, A.5.1) of the codestream at `begin`.
CodestreamSize codestream_size(const Bytes& bytes, std::size_t begin) {
  if (bytes.size() - begin < 43) return {};
  const auto number = [&](std::size_t at, int count) {
    std::int64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[begin + at++];
    return value;
  };
  return {number(8, 4) - number(16, 4), number(12, 4) - number(20, 4),
          static_cast<int>(number(40, 2))};
}

/// OpenCV refuses signed samples. Without the flag for them (in Ssiz of the first component, ISO
/// 15444-1, A.5.1) they are decoded as unsigned ones, counted from the least value. This returns
/// that value without its sign; of unsigned samples, 0.
int make_unsigned(Bytes& bytes, std::size_t begin) {
  constexpr std::size_t kSsiz = 42;
  std::uint8_t& ssiz = bytes[begin + kSsiz];
  if ((ssiz & 0x80) == 0) return 0;
  ssiz &= 0x7F;
  return 1 << (ssiz & 0x0F);
}

/// In two's complement: what is below 0 wraps round.
template <typename Sample>
void subtract(cv::Mat& image, int value) {
  auto* first = image.ptr<Sample>();
  std::transform(first, first + image.total() * static_cast<std::size_t>(image.channels()), first,
                 [value](Sample sample) { return static_cast<Sample>(sample - value); });
}

void subtract(cv::Mat& image, int value) {
  if (image.depth() == CV_8U) subtract<std::uint8_t>(image, value);
  if (image.depth() == CV_16U) subtract<std::uint16_t>(image, value);
  if (image.depth() == CV_32S) subtract<std::int32_t>(image, value);
}

DicomPixels decode_jpeg_2000(DicomDataSet& set, const DicomPixelFormat& format) {
  Bytes bytes = set.first_frame(format.frames);
  const std::size_t begin = find_codestream(bytes);
  const CodestreamSize size = codestream_size(bytes, begin);
  if (size.width != format.columns || size.height != format.rows ||
      size.components != format.samples_per_pixel) {
    fail(set.syntax());
  }
  const int least = make_unsigned(bytes, begin);
  cv::Mat image;
  try {
    image = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {  // says what an empty image says, with OpenCV's source lines
  }
  if (image.empty()) fail(set.syntax());
  if (image.channels() == 3) cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  image = in_format(image, format, set.syntax());
  subtract(image, least);
  // Its decoder undoes the colour transformations of its own.
  const bool is_ybr = format.photometric.starts_with("YBR") && format.photometric != "YBR_RCT" &&
                      format.photometric != "YBR_ICT";
  return {image, is_ybr};
}

}  // namespace

DicomPixels decode_first_frame(DicomDataSet& set, const DicomPixelFormat& format) {
  switch (set.syntax()) {
    case EXS_LittleEndianImplicit:
    case EXS_LittleEndianExplicit:
    case EXS_BigEndianImplicit:
    case EXS_BigEndianExplicit:
      return decode_raw(set, format);
    case EXS_RLELossless:
      return decode_run_lengths(set, format);
    case EXS_JPEGLSLossless:
    case EXS_JPEGLSLossy:
      return decode_jpeg_ls(set, format);
    case EXS_JPEG2000LosslessOnly:
    case EXS_JPEG2000:
      return decode_jpeg_2000(set, format);
    default:
      return decode_jpeg(set, format);
  }
}

}  // namespace cxr
