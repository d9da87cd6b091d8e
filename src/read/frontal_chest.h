#pragma once

#include <string>

#include "dicom_attributes.h"

namespace cxr {

/// Why a DICOM image is no frontal chest radiograph, by what the file states; empty if it may be
/// one. Holds no text of the file, only words of ours.
///
/// Decided by the device, where it is cxr-infer, whose secondary captures must not be judged in
/// turn; modality, or SOP class where that says nothing; body part, then anatomic region, then
/// the descriptions of series, protocol and study, the first that names a part; view position, view
/// code, patient orientation, then the descriptions; and number of frames.
std::string why_not_frontal_chest(const DicomAttributes& image);

}  // namespace cxr
