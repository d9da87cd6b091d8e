#include "dicom.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "cxr/error.h"
#include "dicom_pixels.h"
#include "frontal_chest.h"
#include "stored_values.h"

namespace cxr {
namespace {

/// Runs a step, and gives what goes wrong the file's name.
auto with_name(const std::filesystem::path& file, const auto& step) {
  try {
    return step();
  } catch (const SkippedError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw Error("read", file.string(), error.what());
  } catch (const cv::Exception&) {  // has OpenCV's source lines
    throw Error("read", file.string(), "cannot be decoded: damaged or of an unusual kind");
  }
}

bool is_palette(const DicomPixelFormat& format) { return format.photometric == "PALETTE COLOR"; }

/// Samples of 32 bits, without a sign, in the unit of 255 for the brightest.
cv::Mat scaled_down(const cv::Mat& samples, double brightest) {
  cv::Mat scaled(samples.size(), CV_32FC3);
  const auto to_float = [&](std::int32_t sample) {
    return static_cast<float>(static_cast<std::uint32_t>(sample) * (255 / brightest));
  };
  const auto* first = samples.ptr<std::int32_t>();
  std::transform(first, first + samples.total() * 3, scaled.ptr<float>(), to_float);
  return scaled;
}

cv::Mat luma(const DicomPixels& pixels, int bits_stored) {
  const double brightest = std::ldexp(1.0, bits_stored) - 1;
  const bool is_long = pixels.samples.depth() == CV_32S;
  const cv::Mat samples = is_long ? scaled_down(pixels.samples, brightest) : pixels.samples;
  cv::Mat grey;
  if (pixels.is_ybr) {
    cv::extractChannel(samples, grey, 0);
  } else {
    cv::cvtColor(samples, grey, cv::COLOR_RGB2GRAY);
  }
  grey.convertTo(grey, CV_8U, is_long ? 1 : 255 / brightest);
  return grey;
}

cv::Mat to_8_bit_rgb(const DicomPixels& pixels, int bits_stored) {
  const double brightest = std::ldexp(1.0, bits_stored) - 1;
  cv::Mat rgb;
  if (pixels.samples.depth() == CV_32S) {
    scaled_down(pixels.samples, brightest).convertTo(rgb, CV_8U);
  } else {
    pixels.samples.convertTo(rgb, CV_8U, 255 / brightest);
  }
  if (!pixels.is_ybr) return rgb;
  cv::Mat swapped(rgb.size(), CV_8UC3);  // OpenCV wants Cr before Cb
  cv::mixChannels(rgb, swapped, {0, 0, 1, 2, 2, 1});
  cv::cvtColor(swapped, rgb, cv::COLOR_YCrCb2RGB);
  return rgb;
}

/// Whether it is a picture in colours, such as one of endoscopy, and not a film with a few signs in
/// colour, or of a bluish base.
bool is_colourful(const DicomPixels& pixels, int bits_stored) {
  constexpr double kStrong = 64, kFewPixels = 0.05;
  if (pixels.samples.channels() != 3) return false;
  std::vector<cv::Mat> planes;
  cv::split(to_8_bit_rgb(pixels, bits_stored), planes);
  const cv::Mat least = cv::min(cv::min(planes[0], planes[1]), planes[2]);
  const cv::Mat most = cv::max(cv::max(planes[0], planes[1]), planes[2]);
  return cv::countNonZero(most - least > kStrong) > kFewPixels * static_cast<double>(most.total());
}

/// Of the colours that samples are the numbers of.
cv::Mat palette_luma(const cv::Mat& stored, const std::array<DicomLut, 3>& palette, int bits) {
  static constexpr std::array kWeights = {0.299, 0.587, 0.114};  // ITU-R BT.601
  const int brightest =
      std::max({palette[0].brightest(), palette[1].brightest(), palette[2].brightest()});
  std::vector<std::uint8_t> table(std::size_t{1} << bits);
  for (std::size_t i = 0; i < table.size(); ++i) {
    double sum = 0;
    for (std::size_t colour = 0; colour < 3; ++colour) {
      sum += kWeights[colour] * palette[colour].at(static_cast<double>(i)) * 255 / brightest;
    }
    table[i] = cv::saturate_cast<std::uint8_t>(sum);
  }
  cv::Mat grey(stored.size(), CV_8UC1);
  std::transform(stored.begin<std::uint16_t>(), stored.end<std::uint16_t>(),
                 grey.begin<std::uint8_t>(), [&](std::uint16_t value) { return table[value]; });
  return grey;
}

}  // namespace

DicomFile::DicomFile(std::span<const std::uint8_t> bytes, const std::filesystem::path& file,
                     bool force)
    : file_(file),
      set_(with_name(file, [&] { return DicomDataSet(bytes); })),
      attributes_(read_attributes(DicomItem(set_.elements()))),
      stretch_(stretch_of(attributes_.pixel_aspect)),
      turn_(turn_of(attributes_.orientation)),
      force_(force) {
  check_kind();
  check_pixels();
}

void DicomFile::check_kind() const {
  if (attributes_.is_directory) {
    throw SkippedError("read", file_.string(), "is a DICOMDIR, no image");
  }
  if (!set_.has_pixels()) throw SkippedError("read", file_.string(), "is DICOM without an image");
  const std::string why = why_not_frontal_chest(attributes_);
  if (!force_ && !why.empty()) skip(why);
}

void DicomFile::check_pixels() const {
  const DicomPixelFormat& format = attributes_.pixels;
  if (format.columns == 0 || format.rows == 0) fail("is damaged DICOM: its header has no size");
  const int stored = format.bits_stored, allocated = format.bits_allocated;
  const bool is_whole = allocated == 8 || allocated == 16 || allocated == 32;
  const bool fits = stored >= 1 && format.high_bit < allocated && format.high_bit >= stored - 1;
  const bool is_colour = format.samples_per_pixel == 3;
  if (!is_whole || !fits) {
    fail("has pixels of " + std::to_string(stored) + " in " + std::to_string(allocated) +
         " bits, which are not read");
  }
  const std::string& photometric = format.photometric;
  const bool is_known = is_colour
                            ? photometric == "RGB" || photometric.starts_with("YBR_")
                            : format.samples_per_pixel == 1 &&
                                  (photometric.starts_with("MONOCHROME") || is_palette(format));
  if (!is_known) fail("is neither grey nor RGB nor YBR; convert it");
  if (is_palette(format) && (!attributes_.palette || allocated == 32)) {
    fail("has a palette that is missing, damaged or segmented; convert it");
  }
}

cv::Size DicomFile::size() const {
  return upright_size({attributes_.pixels.columns, attributes_.pixels.rows}, stretch_, turn_);
}

std::uint64_t DicomFile::decoding_bytes() const {
  const cv::Size upright = size();
  return 3 * attributes_.pixels.frame_bytes() +
         2 * static_cast<std::uint64_t>(upright.width) * static_cast<std::uint64_t>(upright.height);
}

cv::Mat DicomFile::grey_image() {
  const DicomPixelFormat& format = attributes_.pixels;
  const DicomPixels pixels = decode_first_frame(set_, format);
  if (format.samples_per_pixel == 3) {
    if (!force_ && is_colourful(pixels, format.bits_stored)) {
      skip("not a chest radiograph: it is in colour");
    }
    return luma(pixels, format.bits_stored);
  }
  GrayscaleTransform tones = attributes_.tones;
  const cv::Mat stored = stored_values(pixels.samples, format, tones);
  if (is_palette(format)) return palette_luma(stored, *attributes_.palette, format.bits_stored);
  return apply_grayscale_transform(stored, tones);
}

Radiograph DicomFile::decode() {
  Radiograph radiograph{
      with_name(file_, [&] { return bring_upright(grey_image(), stretch_, turn_); })};
  if (stretch_ != cv::Size2d(1, 1)) {
    radiograph.notes.emplace_back("resampled: its pixels are not square");
  }
  if (turn_.is_needed()) {
    radiograph.notes.push_back("turned upright: its Patient Orientation is " +
                               described(attributes_.orientation));
  }
  return radiograph;
}

void DicomFile::skip(const std::string& why) const {
  throw SkippedError("read", file_.string(), why + "; --force reads it all the same");
}

void DicomFile::fail(const std::string& what) const { throw Error("read", file_.string(), what); }

}  // namespace cxr
