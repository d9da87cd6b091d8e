#pragma once

#include <filesystem>
#include <string>

namespace cxr {

// Why the user cannot have what a path names, in the words of the operating system. Both are empty
// if there is nothing in the way.

/// `no such file`, `permission denied`, `is a folder`, …
std::string why_unreadable(const std::filesystem::path& file);

/// `no such folder`, `permission denied`, `is not a folder`, …
std::string why_unlistable(const std::filesystem::path& folder);

}  // namespace cxr
