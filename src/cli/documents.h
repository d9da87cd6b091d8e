#pragma once

#include <CLI/CLI.hpp>

namespace cxr {

/// Groups of options that --help leaves to --help-all.
inline constexpr const char* kAdvancedGroups[] = {"Advanced", "Augmentation"};

/// Gives a programme a help that shows of each option its names, the kind of its value and its
/// default, and two hidden options, for the build: `--man-page` and `--completion bash|zsh`
/// print what is made of its options, and end it.
void add_document_options(CLI::App& app);

}  // namespace cxr
