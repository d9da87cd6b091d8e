#include <chrono>
#include <iostream>

#include "infer_messages.h"
#include "infer_options.h"
#include "interrupt.h"

namespace {

int run(const cxr::InferOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const cxr::Configuration configuration = options.configuration.load();
  if (options.configuration.print) {
    std::cout << cxr::print_configuration(configuration);
    return cxr::kSuccess;
  }
  if (options.model_info) {
    std::cout << cxr::model_info(configuration.pipeline);
    return cxr::kSuccess;
  }
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
  if (summary.listed == 0) {
    std::cerr << cxr::nothing_found(request);
    return cxr::kNothingToDo;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (!options.messages.quiet) {
    for (const std::string& note : summary.notes) std::cerr << "cxr-infer: " << note << '\n';
    std::cerr << cxr::summary_line(summary, request, seconds.count());
  }
  if (summary.interrupted) {
    std::cerr << cxr::interruption(summary, request);
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
