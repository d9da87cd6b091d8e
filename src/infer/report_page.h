#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/append_file.h"
#include "cxr/configuration.h"
#include "cxr/pipeline.h"
#include "report_labels.h"
#include "result_writer.h"

namespace cxr {

/// Thumbnails of one analysis for the page: WebP in Base64, and the lungs' outline as the path of
/// an SVG that is 1000 units wide. The heat map has the opacity of heat_opacity(). All are empty
/// where the image was not judged.
struct ReportImages {
  std::string radiograph, crop, heat_map, outline;
};

ReportImages report_images_of(const Analysis& analysis, const HeatmapOptions& options);

/// report.html in an output folder: a single file that loads nothing from elsewhere.
///
/// The thumbnails are kept in a file beside it, so that a run can be resumed. Above kMostEmbedded
/// images there are no thumbnails: the page then shows the pictures in the folder.
class ReportPage {
 public:
  static constexpr std::size_t kMostEmbedded = 2000;

  /// With `labels` the page says which predictions are right.
  ReportPage(std::filesystem::path folder, std::string title, std::string colormap,
             std::size_t images, std::optional<ReportLabels> labels);

  /// Whether the page will have thumbnails.
  bool embeds() const { return embeds_; }

  /// Opens the file of thumbnails, if there are any to come. Throws Error where it cannot be
  /// written.
  void open();
  /// The images that have a thumbnail.
  std::set<std::string> thumbnails() const;
  /// Throws Error where the thumbnails cannot be written.
  void add(const std::string& image, const ReportImages& images);
  /// Waits until all thumbnails are on the disk.
  void sync();

  /// `run` is what run.json says, null where there is none; `models` are its models.
  /// Throws Error where the page cannot be written.
  void write(const std::vector<ResultRecord>& records, const std::vector<std::string>& classes,
             const nlohmann::json& run, const nlohmann::json& models) const;

 private:
  std::filesystem::path folder_;
  std::string title_, colormap_;
  bool embeds_;
  std::optional<AppendFile> images_;
  std::optional<ReportLabels> labels_;
};

}  // namespace cxr
