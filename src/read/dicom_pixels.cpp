#include "dicom_pixels.h"

#include <charls/charls.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>

#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "dicom_attributes.h"

namespace cxr {
namespace {

using Bytes = std::vector<std::uint8_t>;

[[noreturn]] void fail(const DcmDataset& set) {
  const char* syntax = DcmXfer(set.getCurrentXfer()).getXferName();
  throw std::runtime_error(std::string("cannot be decoded: damaged, incomplete or of an unusual "
                                       "kind; its transfer syntax is ") +
                           syntax);
}

DcmPixelData& pixel_data(DcmDataset& set) {
  DcmElement* element = nullptr;
  set.findAndGetElement(DCM_PixelData, element);
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  if (pixels == nullptr) fail(set);
  return *pixels;
}

/// An image of the size and kind that the set says, without content.
cv::Mat blank(DcmDataset& set) {
  const DicomAttributes all(set);
  const int depth = all.word(DCM_BitsAllocated) == 8 ? CV_8U : CV_16U;
  return cv::Mat(all.word(DCM_Rows), all.word(DCM_Columns),
                 CV_MAKETYPE(depth, all.word(DCM_SamplesPerPixel)));
}

/// Three planes, one after the other in memory, as channels.
cv::Mat interleave(const cv::Mat& planes) {
  const cv::Mat bytes = planes.reshape(1, 3);
  std::vector<cv::Mat> channels;
  channels.reserve(3);
  for (int i = 0; i < 3; ++i) channels.push_back(bytes.row(i).reshape(1, planes.rows));
  cv::Mat image;
  cv::merge(channels, image);
  return image;
}

void register_decoders() {
  [[maybe_unused]] static const bool once = [] {
    DcmRLEDecoderRegistration::registerCodecs();
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_default,
                                          EPC_colorByPixel);
    return true;
  }();
}

/// Whether three samples lie as Planar Configuration says; JPEG was asked to come interleaved.
bool is_as_stored(E_TransferSyntax syntax) {
  switch (syntax) {
    case EXS_LittleEndianImplicit:
    case EXS_LittleEndianExplicit:
    case EXS_BigEndianExplicit:
    case EXS_DeflatedLittleEndianExplicit:
    case EXS_RLELossless:
      return true;
    default:
      return false;
  }
}

DicomPixels decode_by_dcmtk(DcmDataset& set) {
  register_decoders();
  const DicomAttributes all(set);
  const bool as_stored = is_as_stored(set.getCurrentXfer());
  const bool is_subsampled =
      all.text(DCM_PhotometricInterpretation).find("_42") != std::string::npos;
  if (as_stored && is_subsampled) fail(set);
  cv::Mat samples = blank(set);
  const std::size_t wanted = samples.total() * samples.elemSize();
  std::vector<char> buffer(wanted + wanted % 2);
  Uint32 fragment = 0;
  OFString colours;
  const OFCondition status = pixel_data(set).getUncompressedFrame(
      &set, 0, fragment, buffer.data(), static_cast<Uint32>(buffer.size()), colours);
  if (status.bad()) fail(set);
  std::memcpy(samples.data, buffer.data(), wanted);
  const bool in_planes = as_stored && all.word(DCM_PlanarConfiguration) == 1;
  if (samples.channels() == 3 && in_planes) samples = interleave(samples);
  return {samples, {colours.data(), colours.size()}};
}

/// The first frame's compressed bytes. Of one frame, they are all fragments; of several, each is
/// taken to have one.
Bytes codestream(DcmDataset& set) {
  DcmPixelSequence* sequence = nullptr;
  if (pixel_data(set)
          .getEncapsulatedRepresentation(set.getCurrentXfer(), nullptr, sequence)
          .bad()) {
    fail(set);
  }
  const bool is_single = DicomAttributes(set).number(DCM_NumberOfFrames).value_or(1) <= 1;
  const unsigned long end = is_single ? sequence->card() : 2;
  Bytes bytes;
  for (unsigned long i = 1; i < end; ++i) {  // 0 is the offset table
    DcmPixelItem* fragment = nullptr;
    Uint8* begin = nullptr;
    if (sequence->getItem(fragment, i).bad() || fragment->getUint8Array(begin).bad()) fail(set);
    bytes.insert(bytes.end(), begin, begin + fragment->getLength());
  }
  return bytes;
}

/// Not by DCMTK, whose copy of CharLS has functions of the same names as the one that OpenCV may
/// bring along by way of GDCM.
cv::Mat decode_jpeg_ls(DcmDataset& set) {
  const Bytes bytes = codestream(set);
  cv::Mat image = blank(set);
  try {
    const charls::jpegls_decoder decoder(bytes, true);
    const charls::frame_info info = decoder.frame_info();
    const bool fits = info.width == static_cast<unsigned>(image.cols) &&
                      info.height == static_cast<unsigned>(image.rows) &&
                      info.component_count == image.channels() &&
                      decoder.destination_size() == image.total() * image.elemSize();
    if (!fits) fail(set);
    decoder.decode(image.data, image.total() * image.elemSize());
    const bool in_planes = decoder.interleave_mode() == charls::interleave_mode::none;
    return image.channels() == 3 && in_planes ? interleave(image) : image;
  } catch (const charls::jpegls_error&) {
    fail(set);
  }
}

/// OpenCV refuses signed samples. Without the flag for them (in Ssiz of the first component, ISO
/// 15444-1, A.5.1) they are decoded as unsigned ones, counted from the least value, which this
/// returns without its sign. Of unsigned samples, 0.
int make_unsigned(Bytes& bytes) {
  constexpr std::size_t kSsiz = 42;
  if (bytes.size() <= kSsiz || (bytes[kSsiz] & 0x80) == 0) return 0;
  bytes[kSsiz] &= 0x7F;
  return 1 << (bytes[kSsiz] & 0x0F);
}

cv::Mat decode_jpeg_2000(DcmDataset& set) {
  Bytes bytes = codestream(set);
  const int least = make_unsigned(bytes);
  cv::Mat image;
  try {
    image = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {  // says what an empty image says, with OpenCV's source lines
  }
  const cv::Mat wanted = blank(set);
  if (image.size() != wanted.size() || image.type() != wanted.type()) fail(set);
  if (image.channels() == 3) cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  cv::bitwise_xor(image, cv::Scalar::all(least), image);  // the sign bit of two's complement
  return image;
}

}  // namespace

DicomPixels decode_first_frame(DcmDataset& set) {
  const std::string colours = DicomAttributes(set).text(DCM_PhotometricInterpretation);
  switch (set.getCurrentXfer()) {
    case EXS_JPEGLSLossless:
    case EXS_JPEGLSLossy:
      return {decode_jpeg_ls(set), colours};
    case EXS_JPEG2000LosslessOnly:
    case EXS_JPEG2000:  // its decoder undoes the colour transformations of its own
      return {decode_jpeg_2000(set),
              colours == "YBR_RCT" || colours == "YBR_ICT" ? "RGB" : colours};
    default:
      return decode_by_dcmtk(set);
  }
}

}  // namespace cxr
