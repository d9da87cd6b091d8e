#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "memory_budget.h"

namespace cxr {

/// All bytes of a file, of at most 1 GiB. The memory for the files of all threads is bounded: large
/// files wait for one another.
class FileBytes {
 public:
  /// Throws Error naming the file if it cannot be read, is empty, too large, or not a regular file.
  explicit FileBytes(const std::filesystem::path& file);

  std::vector<std::uint8_t>& bytes() { return bytes_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  const std::uint64_t size_;
  const MemoryBudget::Share share_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace cxr
