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

/// Exit statuses of all programs. For `kInterrupted`, the number of the signal is added.
enum Exit {
  kSuccess = 0,
  kFailure = 1,      ///< cannot continue: a damaged model, an output that cannot be written
  kWrongUsage = 2,   ///< wrong options or configuration
  kNothingToDo = 3,  ///< no images found
  kSomeFailed = 4,   ///< some images failed; the other results stand
  kInterrupted = 128
};

/// The exit statuses, for the help of each program.
std::string exit_status_help();

/// How much a program writes to standard error: -q, -v and --no-progress.
struct Messages {
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;

  /// A progress bar on a terminal; otherwise a line every 30 seconds.
  ProgressBar progress_bar() const;
};

/// Adds the options of all programs: -h, --version, -q, -v, --no-progress.
void add_message_options(CLI::App& app, Messages& messages);

/// The options that choose a configuration and change it: --config, --set, --batch-size, --threads,
/// --device, --precision, --polarity, --print-config.
struct ConfigurationOptions {
  std::filesystem::path config;
  std::vector<std::string> set;
  std::optional<std::string> batch_size, threads, device, precision, polarity;
  bool print = false;

  /// The configuration in force: the file (installed programs have a default), overridden by
  /// `CXR_…` in the environment, overridden by the options. Lets LibTorch and
  /// OpenCV use its number of threads. Throws UsageError.
  Configuration load() const;
};

void add_configuration_options(CLI::App& app, ConfigurationOptions& options);

/// A file in the folder `config` of an installed program; it need not exist.
std::filesystem::path installed_config(const std::string& name);

/// `cxr-infer 0.1.0` and the versions of its libraries.
std::string version_text(const std::string& program);

/// Parses the command line and runs; turns exceptions into a line on standard error and an exit
/// status.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run);

// Validators that say why a path cannot be used, such as `permission denied`.
CLI::Validator readable_file();
CLI::Validator listable_folder();

/// Accepts only the names of an enum.
template <HasNames Enum>
CLI::Validator one_of() {
  const auto check = [](const std::string& word) {
    return from_name<Enum>(word) ? std::string() : "must be one of " + join(all_names<Enum>());
  };
  return CLI::Validator(check, "");
}

/// The kind of a value in help and completion: `csv|jsonl|table`.
template <HasNames Enum>
std::string choices_of() {
  return join(all_names<Enum>(), "|");
}

/// Adds an option whose value is a name of an enum.
template <HasNames Enum>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Enum& value,
                        const std::string& description) {
  return app
      .add_option_function<std::string>(
          name, [&value](const std::string& word) { value = *from_name<Enum>(word); }, description)
      ->type_name(choices_of<Enum>())
      ->check(one_of<Enum>())
      ->default_str(name_of(value));
}

}  // namespace cxr
