#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cxr {

/// The first `most` bytes of what was deflated (RFC 1951), or all where that is less; what comes
/// before a damaged place. Takes no more memory than that.
std::vector<std::uint8_t> inflate_start(std::span<const std::uint8_t> deflated, std::size_t most);

}  // namespace cxr
