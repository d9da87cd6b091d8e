#pragma once

#include <dcmtk/dcmdata/dcxfer.h>

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cxr::test {

/// A DICOM file to be written.
struct DicomSpec {
  cv::Mat samples;  ///< CV_8U, CV_16U, CV_16S or CV_32S; one channel, or three
  std::string photometric = "MONOCHROME2";
  int bits_stored = 0;     ///< 0: all
  int high_bit = 0;        ///< 0: bits_stored - 1
  int frames = 1;          ///< the samples have all of them, one below the other
  bool in_planes = false;  ///< three channels: not interleaved, but one after the other
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  /// More elements: `gggg,eeee` and a text.
  std::vector<std::pair<std::string, std::string>> texts = {};
  /// The same with 16-bit words.
  std::vector<std::pair<std::string, std::vector<std::uint16_t>>> words = {};
  // In both, `gggg,eeee/gggg,eeee` is an element of the first item of a sequence.
  /// Elements whose kind is unknown (UN), with their bytes; they replace others.
  std::vector<std::pair<std::string, std::string>> unknown = {};
  /// The compressed frame, in place of the encoded samples; its syntax has to be one that is.
  std::vector<std::uint8_t> codestream = {};
  /// Pixels that are not compressed, in place of the samples.
  std::vector<std::uint8_t> raw = {};
  int fragments = 1;         ///< of `codestream`
  bool has_preamble = true;  ///< and a meta header
  bool has_image = true;
};

/// Writes it as a digital radiograph (DX) of a patient named `Secret^Patient`. Throws
/// std::runtime_error where that cannot be done.
void write_dicom(const std::filesystem::path& file, const DicomSpec& spec);

}  // namespace cxr::test
