#include <chrono>
#include <iostream>

#include "base/format.h"
#include "cxr/error.h"
#include "cxr/evaluate.h"
#include "program.h"

namespace {

struct Options {
  cxr::EvaluationRequest request;
  cxr::ConfigurationOptions configuration;
  cxr::Messages messages;
  std::filesystem::path results;
};

void add_options(CLI::App& command, Options& options, const std::string& data) {
  command.option_defaults()->group("Evaluation")->always_capture_default();
  command.add_option("--data", options.request.data, data)->required()->type_name("PATH");
  command.add_option("--out", options.request.out, "Folder for the report")
      ->required()
      ->type_name("DIR");
  command.add_option("--split", options.request.split,
                     "Use only the rows with this value in the column 'split'");
  command.add_option("--worst", options.request.worst, "Number of worst cases to show");
  command.add_option("--bootstrap", options.request.bootstrap,
                     "Resamples for the 95 % intervals; 0: none");
  command.option_defaults()->always_capture_default(false);
  add_configuration_options(command, options.configuration);
}

cxr::EvaluationSummary evaluate(const Options& options, bool segmentation) {
  if (!options.results.empty()) return cxr::evaluate_results(options.results, options.request);
  const cxr::Configuration configuration = options.configuration.load();
  if (options.messages.verbose) {
    std::cerr << cxr::version_text("cxr-evaluate") << "\n"
              << cxr::print_configuration(configuration);
  }
  cxr::ProgressBar bar = options.messages.progress_bar();
  const auto progress = [&](const std::string& what, std::size_t done, std::size_t total) {
    bar.show(what, done, total);
  };
  return segmentation ? cxr::evaluate_segmentation(configuration, options.request, progress)
                      : cxr::evaluate_classification(configuration, options.request, progress);
}

int run(const Options& options, bool segmentation) {
  if (options.configuration.print) {
    std::cout << cxr::print_configuration(options.configuration.load());
    return cxr::kSuccess;
  }
  const auto begin = std::chrono::steady_clock::now();
  const cxr::EvaluationSummary summary = evaluate(options, segmentation);
  std::cout << summary.table << std::flush;
  if (!std::cout) throw cxr::Error("write", "standard output", "cannot be written");
  for (const std::string& note : summary.notes) std::cerr << "cxr-evaluate: " << note << '\n';
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  if (!options.messages.quiet) {
    std::cerr << cxr::counted(summary.images, "image") << ", " << summary.failed << " failed, "
              << cxr::format_duration(time.count())
              << ", report: " << (options.request.out / "report.md").string()
              << ". For research only, not for diagnosis.\n";
  }
  return summary.failed == 0 ? cxr::kSuccess : cxr::kSomeFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Measures both networks on labelled radiographs. For research only, not for diagnosis.",
      "cxr-evaluate"};
  app.require_subcommand(1);
  app.fallthrough();
  Options options;
  add_message_options(app, options.messages);
  auto* classification = app.add_subcommand("classification", "Evaluate the predicted classes");
  add_options(*classification, options,
              "Manifest (CSV: image, label), or a folder with one sub-folder per class");
  classification
      ->add_option("--results", options.results,
                   "Evaluate this results.csv of cxr-infer instead of running the networks")
      ->group("Evaluation")
      ->type_name("FILE")
      ->excludes(classification->get_option("--config"));
  auto* segmentation = app.add_subcommand("segmentation", "Evaluate the lung masks");
  add_options(*segmentation, options, "Manifest (CSV: image, mask)");
  segmentation
      ->add_flag("--robustness", options.request.robustness,
                 "Also evaluate the images rotated, mirrored, inverted and with low contrast")
      ->group("Evaluation");
  app.footer(
      "The main figures are written to standard output; report.md, metrics.json, images.csv and\n"
      "pictures to the folder --out.\n" +
      cxr::exit_status_help());
  return cxr::run_program(app, argc, argv, [&] { return run(options, segmentation->parsed()); });
}
