#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cxr {

// What the documents of a program say about its options.

using Options = std::vector<const CLI::Option*>;

/// The visible options, group by group.
std::vector<std::pair<std::string, Options>> option_groups(const CLI::App& app);

std::vector<const CLI::App*> subcommands_of(const CLI::App& app);

/// `-o`, `--output`.
std::vector<std::string> option_names(const CLI::Option& option);

/// The names of all visible options.
std::vector<std::string> all_option_names(const CLI::App& app);

bool takes_value(const CLI::Option& option);

/// The kind of an option's value: `FILE`, `DIR`, `N`, or its allowed words, `csv|jsonl|table`.
std::string value_kind(const CLI::Option& option);

/// The allowed words of an option; empty if others are allowed.
std::vector<std::string> allowed_words(const CLI::Option& option);

/// Whether the value is a file or folder.
bool takes_path(const CLI::Option& option);

/// The default as text; empty if there is none.
std::string default_of(const CLI::Option& option);

}  // namespace cxr
