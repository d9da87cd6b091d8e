#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cxr {

/// The man page of a program, in troff.
std::string man_page(const CLI::App& app);

}  // namespace cxr
