#include "saved_dicom.h"

#include "base/atomic_file.h"
#include "result_format.h"
#include "saved_pictures.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

ModelIdentity identity(const Network& network) {
  return {network.contract().name, network.contract().version, network.sha256()};
}

void write(const fs::path& file, const std::string& content) {
  AtomicFile out(file);
  out.write(content);
  out.finish();
}

}  // namespace

JudgedBy judged_by(const Pipeline& pipeline, const nlohmann::ordered_json& settings) {
  nlohmann::json sorted(settings);  // so that their order in a file does not matter
  sorted.erase("dicom_uids");
  return {identity(pipeline.segmenter()), identity(pipeline.classifier()), pipeline.classes(),
          sorted.dump(), pipeline.options().smallest_component};
}

std::vector<std::string> save_dicom(Analysis& analysis, const fs::path& film,
                                    const PictureFile& place, const JudgedBy& judged_by,
                                    const HeatmapOptions& options) {
  const std::optional<DicomSource> source = read_dicom_source(film);
  if (!source) return {};
  if (!source->is_identified()) {
    analysis.result.notes.emplace_back("no DICOM results: its UIDs are missing or invalid");
    return {};
  }
  const DicomResults results =
      dicom_results(*source, analysis, result_notes(analysis.result), judged_by, options);
  const std::string suffix = suffix_of(PictureKind::dicom);
  std::vector<std::string> told;
  for (const auto& [ending, content] : {std::pair(suffix, &results.secondary_capture),
                                        std::pair(std::string(".seg.dcm"), &results.segmentation),
                                        std::pair(std::string(".sr.dcm"), &results.report)}) {
    if (content->empty()) continue;
    const auto renamed = [&, &end = ending](const std::string& path) {
      return path.substr(0, path.size() - suffix.size()) + end;
    };
    write(renamed(place.file.string()), *content);
    told.push_back(renamed(place.told));
  }
  return told;
}

}  // namespace cxr
