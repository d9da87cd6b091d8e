#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>

#include "cxr/read.h"
#include "dicom_source.h"

namespace cxr {

// What cxr/read.h and dicom_source.h promise, on the calling thread of this process: what the
// decoders write to standard error goes there.

Radiograph read_radiograph_here(const std::filesystem::path& file, const ReadOptions& options);
cv::Size radiograph_size_here(const std::filesystem::path& file);
DicomUids read_dicom_uids_here(const std::filesystem::path& file);
std::optional<DicomSource> read_dicom_source_here(const std::filesystem::path& file);

}  // namespace cxr
