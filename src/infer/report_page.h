#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/pipeline.h"
#include "result_writer.h"

namespace cxr {

/// Small pictures of one analysis for the page: WebP in Base64, and the lungs' outline as the path
/// of an SVG that is 1000 units wide. All are empty where the image could not be judged.
struct ReportImages {
  std::string radiograph, crop, heat_map, outline;
};

ReportImages report_images_of(const Analysis& analysis, const HeatmapOptions& options);

/// report.html in an output folder: one file that needs no other, no script or style from
/// elsewhere, and no network.
///
/// The small pictures wait in a file beside it, so that a run can be resumed. Of a run of more than
/// kMostEmbedded images there are none: the page then shows the pictures that lie in the folder.
class ReportPage {
 public:
  static constexpr std::size_t kMostEmbedded = 2000;

  /// `labels` is a manifest (CSV: image, label): with it the page says which predictions are right.
  /// Throws Error where that cannot be read.
  ReportPage(std::filesystem::path folder, std::size_t images,
             const std::optional<std::filesystem::path>& labels);

  bool embeds() const { return embeds_; }
  void add(const std::string& image, const ReportImages& images) const;

  /// Throws Error where the page cannot be written.
  void write(const std::vector<ResultRecord>& records,
             const std::vector<std::string>& classes) const;

 private:
  std::filesystem::path folder_;
  bool embeds_;
  std::optional<std::map<std::string, std::string>> labels_;  ///< of images by their path
};

}  // namespace cxr
