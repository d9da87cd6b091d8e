#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace cxr {

/// A file of an installed program, by its path below `PREFIX/share/cxr-infer`; it need not exist.
inline std::filesystem::path installed_file(const std::string& name) {
  std::error_code failure;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  return program.parent_path() / "../share/cxr-infer" / name;
}

}  // namespace cxr
