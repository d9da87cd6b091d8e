#include "dicom_results.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "lung_segments.h"
#include "read/quiet.h"
#include "secondary_capture.h"
#include "segmentation.h"
#include "structured_report.h"

namespace cxr {
namespace {

/// The size of the rest of an element, of which the tag, the kind and 16 bits were read.
std::streamoff rest_of_element(std::ifstream& stream, const std::array<unsigned char, 8>& header) {
  using namespace std::string_view_literals;
  const std::string_view kind(reinterpret_cast<const char*>(header.data()) + 4, 2);
  for (const std::string_view is_long : {"OB"sv, "OW"sv, "SQ"sv, "UN"sv, "UT"sv, "UC"sv, "UR"sv}) {
    if (kind != is_long) continue;
    std::array<unsigned char, 4> length{};
    stream.read(reinterpret_cast<char*>(length.data()), length.size());
    return length[0] | std::streamoff{length[1]} << 8 | std::streamoff{length[2]} << 16 |
           std::streamoff{length[3]} << 24;
  }
  return header[6] | std::streamoff{header[7]} << 8;
}

}  // namespace

DicomResults dicom_results(const DicomSource& source, const Analysis& analysis,
                           const std::vector<std::string>& notes, const JudgedBy& judged_by,
                           const HeatmapOptions& options) {
  const Result& result = analysis.result;
  DicomResults results;
  run_quietly([&] {
    const std::vector<LungSegment> segments = lung_segments(
        analysis.intermediates.lung_mask, result.image_size, source, judged_by.smallest_component);
    results.secondary_capture = secondary_capture(source, analysis, judged_by, options);
    if (!segments.empty()) results.segmentation = segmentation(source, segments, judged_by);
    results.report = structured_report(source, result, notes, segments, judged_by);
  });
  return results;
}

bool is_whole_dicom(const std::filesystem::path& file) noexcept try {
  std::error_code error;
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file, error));
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 132> preamble{};
  stream.read(preamble.data(), preamble.size());
  if (error || !stream || std::string_view(preamble.data() + 128, 4) != "DICM") return false;
  std::streamoff at = preamble.size();
  while (at < size) {
    std::array<unsigned char, 8> header{};
    stream.read(reinterpret_cast<char*>(header.data()), header.size());
    const std::streamoff rest = rest_of_element(stream, header);
    stream.seekg(rest, std::ios::cur);
    at = stream.tellg();
    if (!stream) return false;
  }
  return at == size;
} catch (...) {
  return false;
}

}  // namespace cxr
