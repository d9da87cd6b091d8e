#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cxr {

// Scripts that let a shell complete a program's commands, options and values.

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);

}  // namespace cxr
