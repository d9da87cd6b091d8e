#include "saved_pictures.h"

#include <opencv2/imgproc.hpp>

#include "base/format.h"

namespace cxr {
namespace {

cv::Mat draw_heat_map(const Analysis& analysis, const HeatmapOptions& options) {
  const Result& result = analysis.result;
  const std::string title =
      result.status == Status::unsure
          ? name_of(result.status)
          : result.prediction + " (" + fixed(result.probabilities[result.predicted], 2) + ")";
  return draw_picture(picture_content(analysis, title), options);
}

}  // namespace

PictureContent picture_content(const Analysis& analysis, const std::string& title) {
  const auto& [result, intermediates] = analysis;
  return {intermediates.image,
          intermediates.lung_mask,
          result.lungs.box,
          result.crop,
          intermediates.enhanced,
          intermediates.heat_map,
          title,
          result.name};
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
    case PictureKind::dicom:
      return "dicom";
  }
  return "";
}

const char* suffix_of(PictureKind kind) { return kind == PictureKind::dicom ? ".sc.dcm" : ".png"; }

cv::Mat draw_saved(const Analysis& analysis, PictureKind kind, HeatmapOptions options) {
  switch (kind) {
    case PictureKind::overlay:
      options.layout = Layout::overlay;
      return draw_heat_map(analysis, options);
    case PictureKind::panels:
      options.layout = Layout::panels;
      return draw_heat_map(analysis, options);
    case PictureKind::crop:
      return analysis.intermediates.enhanced;
    case PictureKind::mask:
    case PictureKind::dicom:
      break;
  }
  cv::Mat mask;
  cv::resize(analysis.intermediates.lung_mask, mask, analysis.result.image_size, 0, 0,
             cv::INTER_NEAREST);
  return mask != 0;
}

}  // namespace cxr
