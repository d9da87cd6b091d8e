#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cxr/configuration.h"
#include "cxr/error.h"
#include "cxr/names.h"
#include "progress.h"

namespace cxr {

/// How every programme ends. `kInterrupted` is 128 + the signal's number where there is one.
enum Exit {
  kSuccess = 0,
  kFailure = 1,      ///< cannot go on: a broken model, an output that cannot be written
  kWrongUsage = 2,   ///< options, configuration
  kNothingToDo = 3,  ///< no images
  kSomeFailed = 4,   ///< some images failed; the others' results stand
  kInterrupted = 128
};

/// What each programme says of its exit statuses in its help.
std::string exit_status_help();

/// How much a programme says on standard error: the options -q, -v and --no-progress.
struct Messages {
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;

  /// A progress bar on a terminal; elsewhere a line every half minute.
  ProgressBar progress_bar() const;
};

/// Adds what all programmes have: -h, --version, -q, -v, --no-progress.
void add_message_options(CLI::App& app, Messages& messages);

/// The options that choose a configuration and change it: --config, --set, --batch-size, --threads,
/// --device, --polarity, --print-config.
struct ConfigurationOptions {
  std::filesystem::path config;
  std::vector<std::string> set;
  std::optional<std::string> batch_size, threads, device, polarity;
  bool print = false;

  /// The configuration in force: the file (of an installed programme, the one that came along),
  /// then `CXR_…` in the environment, then the options. Throws UsageError.
  Configuration load() const;
};

void add_configuration_options(CLI::App& app, ConfigurationOptions& options);

/// `cxr-infer 0.1.0` and the versions of its libraries.
std::string version_text(const std::string& program);

/// Parses the command line, runs, and turns what is thrown into a line on standard error and an
/// exit status.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run);

/// Allows only the words of an enum.
template <HasNames Enum>
CLI::Validator one_of() {
  const auto check = [](const std::string& word) {
    return from_name<Enum>(word) ? std::string() : "must be one of " + join(all_names<Enum>());
  };
  return CLI::Validator(check, "");
}

/// Adds an option whose value is one of an enum's words.
template <HasNames Enum>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Enum& value,
                        const std::string& description) {
  return app
      .add_option_function<std::string>(
          name, [&value](const std::string& word) { value = *from_name<Enum>(word); },
          description + ": " + join(all_names<Enum>()))
      ->check(one_of<Enum>())
      ->default_str(name_of(value));
}

}  // namespace cxr
