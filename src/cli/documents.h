#pragma once

#include <CLI/CLI.hpp>

namespace cxr {

/// Groups of options that only --help-all lists.
inline constexpr const char* kAdvancedGroups[] = {"Advanced", "Augmentation"};

/// Makes --help show the names, kind of value and default of each option, and adds two hidden
/// options for the build, which print and exit: `--man-page` and `--completion bash|zsh`.
void add_document_options(CLI::App& app);

}  // namespace cxr
