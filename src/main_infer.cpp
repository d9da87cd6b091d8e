#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <sstream>

#include "cli_documents.h"
#include "cxr/error.h"
#include "cxr/infer.h"
#include "cxr/inputs.h"
#include "cxr/pipeline.h"
#include "cxr/progress.h"
#include "cxr/version.h"
#include "cxr/whole_file.h"

namespace {

namespace fs = std::filesystem;

enum Exit { kAllWell = 0, kCannotGoOn = 1, kWrongUsage = 2, kNothingToDo = 3, kSomeFailed = 4 };

struct Options {
  cxr::InferenceRequest request;
  fs::path list;
  fs::path config;
  std::vector<std::string> set;
  std::optional<std::string> batch_size, threads, device;
  std::optional<cxr::TableFormat> format;
  bool resume = false, no_heat_maps = false;
  bool quiet = false, verbose = false, no_progress = false;
  bool print_config = false, model_info = false;
};

/// Takes a name for a value. What the names are stands in the option's description.
template <typename Value>
CLI::Validator one_of(const std::map<std::string, Value>& names) {
  return CLI::CheckedTransformer(names).description("");
}

void add_input_options(CLI::App& app, Options& options) {
  app.option_defaults()->group("Input");
  app.add_option("paths,--xraypath", options.request.radiographs,
                 "Radiographs and folders of them; -: read paths from standard input")
      ->type_name("PATH");
  app.add_option("--list", options.list, "File with a path on each line; -: standard input")
      ->type_name("FILE");
  app.add_flag("-r,--recursive", options.request.recursive, "Enter sub-folders, too");
  app.add_flag(
      "--force", options.request.force,
      "Judge DICOM images that are lateral, of another modality or of several frames, too");
}

void add_output_options(CLI::App& app, Options& options) {
  auto& request = options.request;
  app.option_defaults()->group("Output");
  auto* output = app.add_option("-o,--output", request.output,
                                "Folder for everything: results.csv, results.jsonl, run.json, "
                                "report.html, pictures")
                     ->type_name("DIR");
  app.add_option("--heatmappath", request.pictures,
                 "Folder for a heat map of each radiograph and results.csv only")
      ->type_name("DIR")
      ->excludes(output);
  app.add_option("--save", request.save,
                 "Pictures in --output: overlay, panels, mask, crop (with commas between)")
      ->delimiter(',')
      ->type_name("KIND")
      ->needs(output)
      ->transform(one_of<cxr::PictureKind>({{"overlay", cxr::PictureKind::overlay},
                                            {"panels", cxr::PictureKind::panels},
                                            {"mask", cxr::PictureKind::mask},
                                            {"crop", cxr::PictureKind::crop}}));
  app.add_flag("--no-heatmaps", options.no_heat_maps, "Make no heat maps: faster")->needs(output);
  auto* if_exists = app.add_option("--if-exists", request.if_exists,
                                   "Where --output has results: error, overwrite, or resume")
                        ->type_name("WHAT")
                        ->needs(output)
                        ->transform(one_of<cxr::IfExists>({{"error", cxr::IfExists::error},
                                                           {"overwrite", cxr::IfExists::overwrite},
                                                           {"resume", cxr::IfExists::resume}}));
  app.add_flag("--resume", options.resume, "Do what is missing or failed: --if-exists resume")
      ->needs(output)
      ->excludes(if_exists);
  app.add_option("--labels", request.labels,
                 "Manifest (CSV: image, label): the report says which predictions are right")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->needs(output);
  app.add_option("--format", options.format,
                 "Of the results on standard output: csv, jsonl, table (on a terminal the default)")
      ->type_name("FORMAT")
      ->transform(one_of<cxr::TableFormat>({{"csv", cxr::TableFormat::csv},
                                            {"jsonl", cxr::TableFormat::jsonl},
                                            {"table", cxr::TableFormat::table}}));
}

void add_configuration_options(CLI::App& app, Options& options) {
  app.option_defaults()->group("Configuration");
  app.add_option("--config", options.config,
                 "Configuration file (JSON); where it is installed, one comes along")
      ->type_name("FILE");
  app.add_option("--set", options.set, "A value of the configuration, such as heatmap.cmap=viridis")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--batch-size", options.batch_size, "Images in memory at a time")->type_name("N");
  app.add_option("--threads", options.threads, "Of the processor; 0: one a core")->type_name("N");
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->type_name("DEVICE");
  app.add_flag("--print-config", options.print_config,
               "Print all values in force, and where each comes from, and end");
  app.add_flag("--model-info", options.model_info, "Print what the models are, and end");
}

void add_message_options(CLI::App& app, Options& options) {
  app.option_defaults()->group("Messages");
  auto* quiet = app.add_flag("-q,--quiet", options.quiet, "Say nothing but errors");
  app.add_flag("-v,--verbose", options.verbose, "Say what it runs with")->excludes(quiet);
  app.add_flag("--no-progress", options.no_progress, "Show no progress");
  app.set_help_flag("-h,--help", "Print this and end")->group("Messages");
}

std::string version_text() {
  std::ostringstream text;
  text << "cxr-infer " << cxr::version() << "\n";
  for (const auto& [name, version] : cxr::library_versions())
    text << name << " " << version << "\n";
  text << "CPU capability " << cxr::cpu_capability() << "\n"
       << "For research only, not for diagnosis.";
  return text.str();
}

/// `model-config.json` of an installed programme: beside its `bin`.
fs::path installed_config() {
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  return program.parent_path() / "../share/cxr-infer/config/model-config.json";
}

std::vector<cxr::ConfigurationChange> changes_of(const Options& options) {
  std::vector<cxr::ConfigurationChange> changes = cxr::environment_changes();
  for (const std::string& assignment : options.set) {
    const std::size_t at = assignment.find('=');
    if (at == std::string::npos) {
      throw cxr::UsageError("configuration", "--set " + assignment, "must be KEY=VALUE");
    }
    changes.push_back({assignment.substr(0, at), assignment.substr(at + 1), "--set " + assignment});
  }
  if (options.batch_size) changes.push_back({"batch_size", *options.batch_size, "--batch-size"});
  if (options.threads) changes.push_back({"threads", *options.threads, "--threads"});
  if (options.device) changes.push_back({"device", *options.device, "--device"});
  return changes;
}

cxr::Configuration configuration_of(const Options& options) {
  fs::path file = options.config;
  if (file.empty()) file = installed_config();
  if (options.config.empty() && !fs::exists(file)) {
    throw cxr::UsageError("configuration", "--config",
                          "is needed; config/model-config.json is one");
  }
  return cxr::load_configuration(file.lexically_normal(), changes_of(options));
}

/// Reads the paths that are not on the command line.
void read_lists(Options& options) {
  auto& request = options.request;
  const bool is_piped = std::erase(request.radiographs, fs::path("-")) > 0 || options.list == "-";
  request.keep_missing = is_piped || !options.list.empty();
  std::vector<fs::path> paths;
  if (is_piped) paths = cxr::read_path_list(std::cin);
  if (!options.list.empty() && options.list != "-") {
    std::ifstream stream(options.list);
    if (!stream) throw cxr::UsageError("input", options.list.string(), "cannot be opened");
    const auto listed = cxr::read_path_list(stream);
    paths.insert(paths.end(), listed.begin(), listed.end());
  }
  request.radiographs.insert(request.radiographs.end(), paths.begin(), paths.end());
  if (request.radiographs.empty() && !request.keep_missing) {
    throw cxr::UsageError("input", "--xraypath", "is needed: radiographs or folders of them");
  }
}

/// Completes what was asked for by what follows from it.
void complete(Options& options, const cxr::Configuration& configuration) {
  auto& request = options.request;
  read_lists(options);
  if (options.resume) request.if_exists = cxr::IfExists::resume;
  request.heat_maps = !options.no_heat_maps;
  const auto needs_heat_map = [](cxr::PictureKind kind) {
    return kind == cxr::PictureKind::overlay || kind == cxr::PictureKind::panels;
  };
  if (options.no_heat_maps && std::ranges::any_of(request.save, needs_heat_map)) {
    throw cxr::UsageError("output", "--save",
                          "overlay and panels need what --no-heatmaps leaves out");
  }
  if (request.save.empty() && request.output && request.heat_maps) {
    const bool is_overlay = configuration.heatmap.layout == cxr::Layout::overlay;
    request.save = {is_overlay ? cxr::PictureKind::overlay : cxr::PictureKind::panels};
  }
  const bool is_for_people = ::isatty(STDOUT_FILENO) == 1;
  request.format =
      options.format.value_or(is_for_people ? cxr::TableFormat::table : cxr::TableFormat::csv);
}

void print_models(const cxr::Configuration& configuration) {
  const cxr::Pipeline pipeline(configuration);
  nlohmann::ordered_json all;
  const auto add = [&](const char* name, const fs::path& file, const cxr::Network& network) {
    all[name] = {{"file", file.string()}, {"sha256", network.sha256()}};
    all[name].update(nlohmann::ordered_json(cxr::to_json(network.contract())));
  };
  add("segmenter", configuration.segmenter.file, pipeline.segmenter());
  add("classifier", configuration.classifier.file, pipeline.classifier());
  std::cout << all.dump(2) << "\n";
}

// ---- Being interrupted

volatile std::sig_atomic_t signal_received = 0;

/// The first signal lets the batch in flight be finished; a second one ends at once.
void on_signal(int signal) {
  if (signal_received != 0) {
    cxr::remove_unfinished_files();
    ::_exit(128 + signal);
  }
  signal_received = signal;
  constexpr std::string_view kText =
      "\ncxr-infer: finishing what is in flight; again to end at once\n";
  [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, kText.data(), kText.size());
}

// ---- The run

/// Takes the progress bar away before something else is written to the same terminal.
class BesideBar : public std::streambuf {
 public:
  BesideBar(std::streambuf& out, cxr::ProgressBar& bar) : out_(out), bar_(bar) {}

 protected:
  std::streamsize xsputn(const char* text, std::streamsize length) override {
    bar_.clear();
    return out_.sputn(text, length);
  }
  int_type overflow(int_type letter) override {
    bar_.clear();
    return out_.sputc(traits_type::to_char_type(letter));
  }
  int sync() override { return out_.pubsync(); }

 private:
  std::streambuf& out_;
  cxr::ProgressBar& bar_;
};

void say_what_it_runs_with(const cxr::Configuration& configuration) {
  std::cerr << version_text() << "\n" << cxr::print_configuration(configuration);
}

int run(Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const cxr::Configuration configuration = configuration_of(options);
  if (options.print_config) {
    std::cout << cxr::print_configuration(configuration);
    return kAllWell;
  }
  if (options.model_info) {
    print_models(configuration);
    return kAllWell;
  }
  complete(options, configuration);
  if (options.verbose) say_what_it_runs_with(configuration);

  constexpr std::chrono::seconds kBetweenLines{30};
  const bool is_shown = !options.quiet && !options.no_progress;
  cxr::ProgressBar bar(std::cerr, is_shown && ::isatty(STDERR_FILENO) == 1,
                       is_shown ? kBetweenLines : std::chrono::seconds(0));
  const auto progress = [&](std::size_t done, std::size_t total, std::size_t failed) {
    bar.show("images", done, total, failed == 0 ? "" : std::to_string(failed) + " failed");
    return signal_received == 0;
  };
  BesideBar buffer(*std::cout.rdbuf(), bar);
  std::ostream table(&buffer);
  const auto summary = cxr::infer(configuration, options.request, table, progress);
  bar.clear();
  if (summary.images == 0) {
    const auto& named = options.request.radiographs;
    std::cerr << "cxr-infer: "
              << (named.size() == 1 ? named[0].string() + ": no images in this folder"
                                    : "no images in what was named")
              << "\n";
    return kNothingToDo;
  }
  if (!options.quiet) {
    std::cerr << summary.images << (summary.images == 1 ? " image, " : " images, ");
    if (summary.kept > 0) std::cerr << summary.kept << " done before, ";
    if (summary.skipped > 0) std::cerr << summary.skipped << " skipped, ";
    std::cerr << summary.failed << " failed, " << std::fixed << std::setprecision(1) << seconds()
              << " s, " << static_cast<double>(summary.done - summary.kept) / seconds()
              << " images/s";
    if (options.request.output) {
      std::cerr << ", report: " << (*options.request.output / "report.html").string();
    }
    std::cerr << ". For research only, not for diagnosis.\n";
  }
  if (summary.interrupted) {
    std::cerr << "cxr-infer: interrupted: " << summary.images - summary.done
              << " images are left; --resume does them\n";
    return 128 + signal_received;
  }
  return summary.failed == 0 ? kAllWell : kSomeFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Finds the lungs in chest radiographs, predicts COVID-19, Normal or Pneumonia, and shows\n"
      "where the network looked. For research only, not for diagnosis.",
      "cxr-infer"};
  Options options;
  add_input_options(app, options);
  add_output_options(app, options);
  add_configuration_options(app, options);
  add_message_options(app, options);
  app.set_version_flag("--version", version_text, "Print versions and end")->group("Messages");
  app.footer(
      "Examples:\n"
      "  cxr-infer --config config/model-config.json --xraypath film.png\n"
      "  cxr-infer --config config/model-config.json -r --output results hospital/\n"
      "  find . -name '*.dcm' | cxr-infer --config config/model-config.json --xraypath - -o "
      "results\n"
      "\n"
      "Every value of the configuration may be set in the environment, too: "
      "CXR_HEATMAP_CMAP=viridis.\n"
      "Exit status: 0 all well, 1 cannot go on, 2 wrong options or configuration, 3 nothing to "
      "do,\n"
      "4 some images failed, 130 interrupted.");
  cxr::add_document_options(app);
  options.request.command.assign(argv, argv + argc);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAllWell : kWrongUsage;
  }
  // A reader that goes away (`| head`) is an error to be told, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  // OpenCV's own warnings are told again, better, in each image's error.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    return run(options);
  } catch (const cxr::UsageError& error) {
    std::cerr << "cxr-infer: " << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "cxr-infer: " << error.what() << '\n';
    return kCannotGoOn;
  }
}
