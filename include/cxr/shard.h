#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cxr/inputs.h"

namespace cxr {

/// One of `count` parts of a list of images, for machines that share the work. Which part an image
/// is in depends on its name alone, not on the list, its order or the machine.
struct Shard {
  std::size_t index = 1;  ///< 1 to `count`
  std::size_t count = 1;
};

/// The part that an image is in, from 1 to `count`: the first eight bytes of the SHA-256 of its
/// name, as a big-endian number, modulo `count`, plus 1.
std::size_t shard_of(const std::string& name, std::size_t count);

/// The SHA-256 of the names of a list, in its order, as hexadecimal digits. Shards with the same
/// one belong together.
std::string fingerprint_of(const std::vector<Input>& inputs);

}  // namespace cxr
