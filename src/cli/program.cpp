#include "program.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <opencv2/core/utils/logger.hpp>
#include <sstream>

#include "base/access.h"
#include "base/installed_file.h"
#include "base/suggestion.h"
#include "cxr/error.h"
#include "cxr/version.h"
#include "documents.h"
#include "network/threads.h"
#include "option_list.h"
#include "read/reading_processes.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

ConfigurationChange change_from(const std::string& assignment) {
  const std::size_t at = assignment.find('=');
  if (at == std::string::npos) {
    throw UsageError("configuration", "--set " + assignment, "must be KEY=VALUE");
  }
  return {assignment.substr(0, at), assignment.substr(at + 1), "--set " + assignment};
}

/// Networks ask for the same large tensors again and again. Without this, glibc returns each of
/// them to the kernel, and a fifth of the time is spent on page faults.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, INT_MAX);
  ::mallopt(M_TRIM_THRESHOLD, INT_MAX);
  ::mallopt(M_ARENA_MAX, 1);
#endif
}

/// A program that was moved to another system with its files has DCMTK's dictionary beside them.
void find_dictionary() {
  const fs::path file = installed_file("dicom.dic");
  if (why_unreadable(file).empty()) ::setenv("DCMDICTPATH", file.c_str(), 0);
}

/// Else what is written to them goes to the file that is opened next.
void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // takes the lowest number
  }
}

int report_error(const CLI::App& app, const std::exception& error, Exit status) {
  std::cerr << app.get_name() << ": " << error.what() << '\n';
  return status;
}

/// The word that was meant to be a command; empty if there is none. An option before it takes no
/// value yet, so that a value may be among the words.
std::string mistyped_command(const std::vector<std::string>& words,
                             const std::vector<std::string>& commands) {
  const auto is_close = [&](const std::string& word) {
    return !word.starts_with('-') && !closest_word(word, commands).empty();
  };
  const auto found = std::ranges::find_if(words, is_close);
  if (found != words.end()) return *found;
  return words[0].starts_with('-') ? "" : words[0];
}

std::string unknown_command_error(const CLI::App& app, const std::vector<std::string>& words) {
  const std::vector<std::string> commands = subcommand_names(app);
  const std::string word = mistyped_command(words, commands);
  if (word.empty()) return "a command is required: " + join(commands, " or ");
  return word + ": unknown command" + did_you_mean(word, commands) +
         "; commands: " + join(commands);
}

/// What is wrong with the first word of the command line that nothing takes; empty if all are
/// taken.
std::string unknown_word_error(const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  if (unknown.empty()) return "";
  const std::vector<CLI::App*> commands = app.get_subcommands();
  if (commands.empty() && !subcommands_of(app).empty()) return unknown_command_error(app, unknown);
  const std::string word = unknown[0].substr(0, unknown[0].find('='));
  if (!word.starts_with('-')) return word + ": unexpected argument";
  std::vector<std::string> options = all_option_names(app);
  for (const CLI::App* command : commands) {
    const std::vector<std::string> more = all_option_names(*command);
    options.insert(options.end(), more.begin(), more.end());
  }
  return word + ": unknown option" + did_you_mean(word, options);
}

/// An unknown word comes first: what it was meant for would be reported as missing. An error of an
/// options file names it itself; CLI11 from 2.4 leaves the values of that file among the words.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  const bool is_error = error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success);
  if (!is_error) return app.exit(error) == 0 ? kSuccess : kWrongUsage;
  const bool is_of_file = error.get_name() == "ConfigError";
  const std::string unknown = is_of_file ? "" : unknown_word_error(app);
  std::cerr << app.get_name() << ": " << (unknown.empty() ? error.what() : unknown)
            << "\nRun with --help for more information.\n";
  return kWrongUsage;
}

}  // namespace

CLI::Validator readable_file() {
  const auto check = [](const std::string& file) {
    const std::string why = why_unreadable(file);
    return why.empty() ? "" : file + ": " + why;
  };
  return CLI::Validator(check, "");
}

CLI::Validator listable_folder() {
  const auto check = [](const std::string& folder) {
    const std::string why = why_unlistable(folder);
    return why.empty() ? "" : folder + ": " + why;
  };
  return CLI::Validator(check, "");
}

fs::path installed_config(const std::string& name) { return installed_file("config/" + name); }

std::string exit_status_help() {
  return "Exit status: 0 success, 1 cannot continue, 2 wrong options or configuration,\n"
         "3 no images found, 4 some images failed, 130 interrupted.";
}

ProgressBar Messages::progress_bar() const {
  constexpr std::chrono::seconds kBetweenLines{30};
  const bool is_shown = !quiet && !no_progress;
  return {std::cerr, is_shown && ::isatty(STDERR_FILENO) == 1,
          is_shown ? kBetweenLines : std::chrono::seconds(0)};
}

std::string version_text(const std::string& program) {
  std::ostringstream text;
  text << program << " " << version() << "\n";
  for (const auto& [name, version] : library_versions()) text << name << " " << version << "\n";
  text << "CPU capability " << cpu_capability() << "\n"
       << "For research only, not for diagnosis.";
  return text.str();
}

void add_message_options(CLI::App& app, Messages& messages) {
  app.option_defaults()->group("Messages")->configurable(false);
  auto* quiet = app.add_flag("-q,--quiet", messages.quiet, "Print errors only");
  app.add_flag("-v,--verbose", messages.verbose, "Print versions and settings first")
      ->excludes(quiet);
  app.add_flag("--no-progress", messages.no_progress, "Do not show progress");
  app.set_help_flag("-h,--help", "Print this help and exit")->group("Messages");
  app.set_version_flag(
         "--version", [name = app.get_name()] { return version_text(name); },
         "Print versions and exit")
      ->group("Messages");
  app.option_defaults()->configurable(true);
}

void add_configuration_options(CLI::App& app, ConfigurationOptions& options) {
  app.option_defaults()->group("Configuration");
  app.add_option("--config", options.config,
                 "Configuration file (JSON); installed programs have a default")
      ->type_name("FILE");
  app.add_option("--set", options.set,
                 "Set one configuration value, such as heatmap.cmap=viridis; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)  // or it takes the paths that follow
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--batch-size", options.batch_size,
                 "Images that each thread processes at a time, 1 to 1024; default: batch_size of "
                 "the configuration")
      ->type_name("N");
  app.add_option(
         "--threads", options.threads,
         "Number of threads, 0 to 1024; 0: one per core; default: threads of the configuration")
      ->type_name("N");
  app.add_option("--device", options.device,
                 "Device for the networks; cuda:N: the GPU of this number; default: device of the "
                 "configuration")
      ->type_name("auto|cpu|cuda");
  app.add_option("--precision", options.precision,
                 "What the networks compute in; auto: bfloat16 where that is faster; default: "
                 "precision of the configuration")
      ->type_name(choices_of<Precision>())
      ->check(one_of<Precision>());
  app.add_option(
         "--polarity", options.polarity,
         "What to do with negatives; auto: invert them; default: polarity of the configuration")
      ->type_name(choices_of<Polarity>())
      ->check(one_of<Polarity>());
  app.add_flag("--print-config", options.print,
               "Print the configuration in force and the origin of each value, and exit");
}

Configuration ConfigurationOptions::load() const {
  const fs::path file = config.empty() ? installed_config("model-config.json") : config;
  std::error_code unreadable;
  if (config.empty() && !fs::exists(file, unreadable)) {
    throw UsageError("configuration", "--config",
                     "is required; config/model-config.json is an example");
  }
  std::vector<ConfigurationChange> changes = environment_changes();
  for (const std::string& assignment : set) changes.push_back(change_from(assignment));
  if (batch_size) changes.push_back({"batch_size", *batch_size, "--batch-size"});
  if (threads) changes.push_back({"threads", *threads, "--threads"});
  if (precision) changes.push_back({"precision", *precision, "--precision"});
  if (polarity) changes.push_back({"polarity", *polarity, "--polarity"});
  if (device) changes.push_back({"device", *device, "--device"});
  Configuration configuration = load_configuration(file.lexically_normal(), changes);
  use_threads(thread_count(configuration.threads));
  return configuration;
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run) {
  add_document_options(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error);
  }
  open_standard_streams();
  keep_freed_memory();
  find_dictionary();
  // Report a reader that goes away (`| head`) as an error instead of dying silently.
  std::signal(SIGPIPE, SIG_IGN);
  // OpenCV's messages would repeat the error of each image less clearly.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    const ReadingProcesses processes;
    return run();
  } catch (const UsageError& error) {
    return report_error(app, error, kWrongUsage);
  } catch (const std::exception& error) {
    return report_error(app, error, kFailure);
  }
}

}  // namespace cxr
