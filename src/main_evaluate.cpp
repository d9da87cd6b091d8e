#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <opencv2/core/utils/logger.hpp>

#include "cli_documents.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "cxr/progress.h"

namespace {

enum Exit { kAllWell = 0, kCannotGoOn = 1, kWrongUsage = 2, kSomeFailed = 4 };

struct Options {
  std::filesystem::path config;
  std::filesystem::path results;
  cxr::EvaluationRequest request;
};

void add_options(CLI::App& command, Options& options, const std::string& data) {
  command.option_defaults()->always_capture_default();
  command.add_option("--config", options.config, "Configuration file (JSON), as of cxr-infer");
  command.add_option("--data", options.request.data, data)->required();
  command.add_option("--out", options.request.out, "Folder for the report")->required();
  command.add_option("--split", options.request.split,
                     "Only rows with this in the manifest's column `split`; else all");
  command.add_option("--worst", options.request.worst, "How many of the worst cases are shown");
  command.add_option("--bootstrap", options.request.bootstrap,
                     "Resamples for the 95 % intervals; 0: none");
}

cxr::EvaluationSummary evaluate(const Options& options, bool segmentation) {
  if (!options.results.empty()) return cxr::evaluate_results(options.results, options.request);
  cxr::ProgressBar bar(std::cerr, ::isatty(STDERR_FILENO) == 1);
  const auto progress = [&](const std::string& what, std::size_t done, std::size_t total) {
    bar.show(what, done, total);
  };
  const auto configuration = cxr::load_configuration(options.config);
  return segmentation ? cxr::evaluate_segmentation(configuration, options.request, progress)
                      : cxr::evaluate_classification(configuration, options.request, progress);
}

int run(const Options& options, bool segmentation) {
  const auto begin = std::chrono::steady_clock::now();
  const cxr::EvaluationSummary summary = evaluate(options, segmentation);
  std::cout << summary.table << std::flush;
  if (!std::cout) throw cxr::Error("write", "figures", "standard output cannot be written");
  for (const std::string& note : summary.notes) std::cerr << "cxr-evaluate: " << note << '\n';
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  std::cerr << summary.images << (summary.images == 1 ? " image, " : " images, ") << summary.failed
            << " failed, " << cxr::format_duration(time.count())
            << ", report: " << (options.request.out / "report.md").string()
            << ". For research only, not for diagnosis.\n";
  return summary.failed == 0 ? kAllWell : kSomeFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures how good the networks are. For research only, not for diagnosis.",
               "cxr-evaluate"};
  app.footer(
      "The main figures go to standard output; report.md, metrics.json, images.csv and pictures\n"
      "to --out. Exit status: 0 all well, 1 cannot go on, 2 wrong options or configuration,\n"
      "4 some images failed.");
  app.require_subcommand(1);
  Options options;
  auto* classification = app.add_subcommand("classification", "How well the classes are told");
  add_options(*classification, options,
              "Manifest (CSV: image, label), or folder with a sub-folder for each class");
  auto* results = classification->add_option(
      "--results", options.results, "Results of cxr-infer, instead of running the networks");
  auto* segmentation = app.add_subcommand("segmentation", "How well the lungs are found");
  add_options(*segmentation, options, "Manifest (CSV: image, mask)");
  segmentation->add_flag("--robustness", options.request.robustness,
                         "Judge the images turned, mirrored, inverted and faint, too");
  results->excludes(classification->get_option("--config"));
  cxr::add_document_options(app);
  try {
    app.parse(argc, argv);
    if (options.config.empty() && options.results.empty()) throw CLI::RequiredError("--config");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAllWell : kWrongUsage;
  }
  std::signal(SIGPIPE, SIG_IGN);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    return run(options, segmentation->parsed());
  } catch (const cxr::UsageError& error) {
    std::cerr << "cxr-evaluate: " << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "cxr-evaluate: " << error.what() << '\n';
    return kCannotGoOn;
  }
}
