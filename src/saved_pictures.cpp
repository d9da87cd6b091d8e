#include "saved_pictures.h"

#include <opencv2/imgproc.hpp>

#include "format.h"

namespace cxr {
namespace {

cv::Mat draw_heat_map(const Study& study, const HeatmapOptions& options) {
  const Finding& finding = study.finding;
  const std::string title =
      finding.prediction + " (" + fixed(finding.probabilities[finding.predicted], 2) + ")";
  return draw_picture(picture_content(study, title), options);
}

}  // namespace

PictureContent picture_content(const Study& study, const std::string& title) {
  const auto& [finding, views] = study;
  return {views.image,  views.lung_mask, finding.lungs.box,
          finding.crop, views.enhanced,  views.heat_map,
          title};
}

const char* folder_of(PictureKind kind) {
  switch (kind) {
    case PictureKind::overlay:
      return "heatmaps";
    case PictureKind::panels:
      return "panels";
    case PictureKind::mask:
      return "masks";
    case PictureKind::crop:
      return "crops";
  }
  return "";
}

cv::Mat draw(const Study& study, PictureKind kind, HeatmapOptions options) {
  switch (kind) {
    case PictureKind::overlay:
      options.layout = Layout::overlay;
      return draw_heat_map(study, options);
    case PictureKind::panels:
      options.layout = Layout::panels;
      return draw_heat_map(study, options);
    case PictureKind::crop:
      return study.views.enhanced;
    case PictureKind::mask:
      break;
  }
  cv::Mat mask;
  cv::resize(study.views.lung_mask, mask, study.finding.image_size, 0, 0, cv::INTER_NEAREST);
  return mask != 0;
}

}  // namespace cxr
