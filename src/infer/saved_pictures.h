#pragma once

#include <string>

#include "cxr/infer.h"
#include "cxr/pipeline.h"
#include "draw/picture.h"

namespace cxr {

/// The sub-folder of an output folder for a kind of picture: `heatmaps`, `panels`, `masks`,
/// `crops`, `dicom`.
const char* folder_of(PictureKind kind);

/// How the names of a kind's files end: `.png`; of DICOM, that of the secondary capture, `.sc.dcm`.
const char* suffix_of(PictureKind kind);

/// The content of a picture of a judged analysis, with a title.
PictureContent picture_content(const Analysis& analysis, const std::string& title);

/// Draws a picture of a judged analysis, of any kind but dicom.
/// - overlay, panels: see draw_picture();
/// - mask: CV_8UC1 of the radiograph's size, lungs 255: as a manifest for training names it;
/// - crop: CV_8UC3, what the classifier saw, enhanced.
cv::Mat draw_saved(const Analysis& analysis, PictureKind kind, HeatmapOptions options);

}  // namespace cxr
