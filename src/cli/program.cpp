#include "program.h"

#include <unistd.h>

#include <csignal>
#include <iostream>
#include <opencv2/core/utils/logger.hpp>
#include <sstream>

#include "cxr/error.h"
#include "cxr/version.h"
#include "documents.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// `model-config.json` of an installed programme: beside its `bin`.
fs::path installed_config() {
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  return program.parent_path() / "../share/cxr-infer/config/model-config.json";
}

ConfigurationChange change_from(const std::string& assignment) {
  const std::size_t at = assignment.find('=');
  if (at == std::string::npos) {
    throw UsageError("configuration", "--set " + assignment, "must be KEY=VALUE");
  }
  return {assignment.substr(0, at), assignment.substr(at + 1), "--set " + assignment};
}

int complain(const CLI::App& app, const std::exception& error, Exit status) {
  std::cerr << app.get_name() << ": " << error.what() << '\n';
  return status;
}

}  // namespace

std::string exit_status_help() {
  return "Exit status: 0 success, 1 cannot continue, 2 wrong options or configuration,\n"
         "3 no images, 4 some images failed, 130 interrupted.";
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
  app.add_flag("--no-progress", messages.no_progress, "Show no progress");
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
                 "Configuration file (JSON); an installed programme has a default")
      ->type_name("FILE");
  app.add_option("--set", options.set, "Set one configuration value, such as heatmap.cmap=viridis")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--batch-size", options.batch_size, "Images that each thread processes at a time")
      ->type_name("N");
  app.add_option("--threads", options.threads, "Number of threads; 0: one for each core")
      ->type_name("N");
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->type_name("DEVICE");
  app.add_option("--polarity", options.polarity,
                 "What to do with negatives; auto: invert them: " + join(all_names<Polarity>()))
      ->type_name("WHAT")
      ->check(one_of<Polarity>());
  app.add_flag("--print-config", options.print,
               "Print the configuration in force, and where each value comes from, and exit");
}

Configuration ConfigurationOptions::load() const {
  const fs::path file = config.empty() ? installed_config() : config;
  if (config.empty() && !fs::exists(file)) {
    throw UsageError("configuration", "--config",
                     "is required; config/model-config.json is an example");
  }
  std::vector<ConfigurationChange> changes = environment_changes();
  for (const std::string& assignment : set) changes.push_back(change_from(assignment));
  if (batch_size) changes.push_back({"batch_size", *batch_size, "--batch-size"});
  if (threads) changes.push_back({"threads", *threads, "--threads"});
  if (polarity) changes.push_back({"polarity", *polarity, "--polarity"});
  if (device) changes.push_back({"device", *device, "--device"});
  return load_configuration(file.lexically_normal(), changes);
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run) {
  add_document_options(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kWrongUsage;
  }
  // A reader that goes away (`| head`) is an error to report, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  // The error of each image says what OpenCV would, and more plainly.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    return run();
  } catch (const UsageError& error) {
    return complain(app, error, kWrongUsage);
  } catch (const std::exception& error) {
    return complain(app, error, kFailure);
  }
}

}  // namespace cxr
