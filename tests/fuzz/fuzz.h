#pragma once

#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

/// What libFuzzer calls with one input after the other. Each program of this folder has one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cxr::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Ends the program, for libFuzzer to keep the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

/// A file in memory, with a path.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {}
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  void write(std::string_view bytes) {
    require(::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, bytes.data(), bytes.size(),
                                                         0) == static_cast<ssize_t>(bytes.size()),
            "no memory for the file");
  }

 private:
  int descriptor_;
};

/// How much memory is in use, at most, of all libraries.
class PeakMemory {
 public:
  /// Begins anew, from what is in use now.
  static void start() {
    [[maybe_unused]] static const int once = __sanitizer_install_malloc_and_free_hooks(add, remove);
    used_ = 0;
    peak_ = 0;
  }
  static std::int64_t bytes() { return peak_; }

 private:
  static void add(const volatile void* /*block*/, std::size_t size) {
    const std::int64_t used = used_ += static_cast<std::int64_t>(size);
    std::int64_t peak = peak_;
    while (used > peak && !peak_.compare_exchange_weak(peak, used)) {
    }
  }
  static void remove(const volatile void* block) {
    if (block == nullptr) return;
    used_ -=
        static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
  }

  static inline std::atomic<std::int64_t> used_ = 0, peak_ = 0;
};

}  // namespace cxr::fuzz
