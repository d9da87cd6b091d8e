#include "secondary_capture.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcuid.h>

#include <opencv2/imgproc.hpp>

#include "cxr/version.h"
#include "derived_object.h"
#include "draw/palette.h"
#include "draw/picture.h"
#include "draw/text.h"

namespace cxr {
namespace {

/// The heat map of an unsure result would explain a class that is not stated.
PictureContent content_of(const Analysis& analysis) {
  const auto& [result, intermediates] = analysis;
  PictureContent content;
  content.image = intermediates.image;
  content.lung_mask = intermediates.lung_mask;
  content.lung_box = result.lungs.box;
  content.crop = result.crop;
  if (result.status == Status::ok) content.heat_map = intermediates.heat_map;
  content.title = conclusion(result);
  return content;
}

void put_pixels(DcmItem& set, const cv::Mat& picture) {
  cv::Mat pixels;
  cv::cvtColor(picture, pixels, cv::COLOR_BGR2RGB);
  const auto put_number = [&](const DcmTagKey& tag, int value) {
    require(set.putAndInsertUint16(tag, static_cast<Uint16>(value)), DcmTag(tag).getTagName());
  };
  put_number(DCM_SamplesPerPixel, 3);
  put(set, DCM_PhotometricInterpretation, "RGB");
  put_number(DCM_PlanarConfiguration, 0);
  put_number(DCM_Rows, pixels.rows);
  put_number(DCM_Columns, pixels.cols);
  put_number(DCM_BitsAllocated, 8);
  put_number(DCM_BitsStored, 8);
  put_number(DCM_HighBit, 7);
  put_number(DCM_PixelRepresentation, 0);
  require(set.putAndInsertUint8Array(DCM_PixelData, pixels.data, pixels.total() * 3), "pixels");
}

void put_source(DcmItem& set, const DicomSource& source) {
  DcmItem* reference = nullptr;
  require(set.findOrCreateSequenceItem(DCM_SourceImageSequence, reference), "source image");
  put_reference(*reference, source);
  DcmItem* purpose = nullptr;
  require(reference->findOrCreateSequenceItem(DCM_PurposeOfReferenceCodeSequence, purpose),
          "purpose of reference");
  put(*purpose, DCM_CodeValue, "121322");
  put(*purpose, DCM_CodingSchemeDesignator, "DCM");
  put(*purpose, DCM_CodeMeaning, "Source image for image processing operation");
}

}  // namespace

cv::Mat draw_secondary_capture(const Analysis& analysis, const HeatmapOptions& options) {
  HeatmapOptions panels = options;
  panels.layout = Layout::panels;
  const cv::Mat figure = draw_picture(content_of(analysis), panels);
  const int height = std::max(20, figure.rows / 14);
  cv::Mat banner(height, figure.cols, CV_8UC3, kInk);
  draw_caption(banner.colRange(height / 2, banner.cols - height / 2),
               conclusion(analysis.result) + "  \u00B7  " + kNotice + "  \u00B7  " + kDevice + " " +
                   version(),
               height * 2 / 5, kPaper);
  cv::Mat picture;
  cv::vconcat(banner, figure, picture);
  return picture;
}

std::string secondary_capture(const DicomSource& source, const Analysis& analysis,
                              const JudgedBy& judged_by, const HeatmapOptions& options) {
  DcmFileFormat file;
  DcmDataset& set = *file.getDataset();
  put_common_modules(set, source, judged_by, kSecondaryCaptureObject);
  put(set, DCM_SOPClassUID, UID_SecondaryCaptureImageStorage);
  put(set, DCM_ConversionType, "WSD");
  put(set, DCM_ImageType, "DERIVED\\SECONDARY");
  for (const DcmTagKey& unknown : {DCM_PatientOrientation, DCM_Laterality}) put(set, unknown, "");
  for (const DicomText& text : source.pixel_history) {
    put(set, DcmTagKey(text.group, text.element), text.value);
  }
  put(set, DCM_DerivationDescription, derivation(judged_by));
  put_source(set, source);
  put_pixels(set, draw_secondary_capture(analysis, options));
  return bytes_of(file);
}

}  // namespace cxr
