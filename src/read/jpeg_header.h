#pragma once

#include "byte_reader.h"
#include "image_header.h"

namespace cxr {

/// See parse_image_header().
ImageHeader jpeg_header(const ByteReader& bytes);

}  // namespace cxr
