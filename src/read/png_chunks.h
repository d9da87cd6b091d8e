#pragma once

#include <cstdint>
#include <vector>

namespace cxr {

/// Removes the chunks of a complete PNG that libpng would inflate besides the pixels (zTXt, iTXt,
/// iCCP), of which a small file can have minutes' worth. They do not change how OpenCV decodes it.
void remove_compressed_texts(std::vector<std::uint8_t>& png);

}  // namespace cxr
