#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "cxr/pipeline.h"
#include "infer_options.h"
#include "interrupt.h"

namespace {

int print_models(const cxr::PipelineOptions& options) {
  const cxr::Pipeline pipeline(options);
  nlohmann::ordered_json all;
  const auto add = [&](const char* name, const std::filesystem::path& file,
                       const cxr::Network& network) {
    all[name] = {{"file", file.string()}, {"sha256", network.sha256()}};
    all[name].update(nlohmann::ordered_json(cxr::to_json(network.contract())));
  };
  add("segmenter", options.segmenter.file, pipeline.segmenter());
  add("classifier", options.classifier.file, pipeline.classifier());
  std::cout << all.dump(2) << "\n";
  return cxr::kSuccess;
}

void print_summary(const cxr::InferenceSummary& summary, const cxr::InferenceRequest& request,
                   double seconds) {
  const std::size_t judged = summary.done - summary.kept;
  if (judged == 0 && !summary.interrupted) std::cerr << "Nothing left to do: ";
  std::cerr << cxr::counted(summary.done, "image") << ", ";
  const auto add = [](std::size_t count, const char* what) {
    if (count > 0) std::cerr << count << what;
  };
  add(summary.kept, " from the earlier run, ");
  add(summary.skipped, " skipped, ");
  add(summary.unsure, " unsure, ");
  std::cerr << summary.failed << " failed, " << cxr::fixed(seconds, 1) << " s, "
            << cxr::fixed(static_cast<double>(judged) / seconds, 1) << " images/s";
  if (request.output) std::cerr << ", report: " << (*request.output / "report.html").string();
  std::cerr << ". For research only, not for diagnosis.\n";
}

int run(const cxr::InferOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const cxr::Configuration configuration = options.configuration.load();
  if (options.configuration.print) {
    std::cout << cxr::print_configuration(configuration);
    return cxr::kSuccess;
  }
  if (options.model_info) return print_models(configuration.pipeline);
  const cxr::InferenceRequest request = complete_request(options, configuration);
  if (options.messages.verbose) {
    std::cerr << cxr::version_text("cxr-infer") << "\n" << cxr::print_configuration(configuration);
  }

  cxr::ProgressBar bar = options.messages.progress_bar();
  cxr::BesideBar beside_bar(*std::cout.rdbuf(), bar);
  std::ostream table(&beside_bar);
  cxr::catch_interrupts();
  const auto progress = [&](std::size_t done, std::size_t total, std::size_t failed) {
    bar.show("images", done, total, failed == 0 ? "" : std::to_string(failed) + " failed");
    return cxr::interrupt_received() == 0;
  };
  const cxr::InferenceSummary summary = cxr::infer(configuration, request, table, progress);
  bar.clear();
  if (summary.images == 0) {
    const auto& paths = request.radiographs;
    std::cerr << "cxr-infer: no images found in "
              << (paths.size() == 1 ? paths[0].string() : "the given paths") << '\n';
    return cxr::kNothingToDo;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (!options.messages.quiet) print_summary(summary, request, seconds.count());
  if (summary.interrupted) {
    std::cerr << "cxr-infer: interrupted; " << summary.images - summary.done << " of "
              << summary.images << " images were not processed"
              << (request.output ? "; continue with --resume\n" : "\n");
    return cxr::kInterrupted + cxr::interrupt_received();
  }
  return summary.failed == 0 ? cxr::kSuccess : cxr::kSomeFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Finds the lungs in chest radiographs, predicts COVID-19, Normal or Pneumonia, and shows\n"
      "where the network looked. For research only, not for diagnosis.",
      "cxr-infer"};
  cxr::InferOptions options;
  options.request.command.assign(argv, argv + argc);
  add_infer_options(app, options);
  app.footer(
      "Examples:\n"
      "  cxr-infer --config config/model-config.json --xraypath film.png\n"
      "  cxr-infer --config config/model-config.json -r --output results hospital/\n"
      "  find . -name '*.dcm' | cxr-infer --config config/model-config.json --xraypath - -o "
      "results\n"
      "\n"
      "Every configuration value can also be set in the environment: CXR_HEATMAP_CMAP=viridis.\n" +
      cxr::exit_status_help());
  return cxr::run_program(app, argc, argv, [&] { return run(options); });
}
