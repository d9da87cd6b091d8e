#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <iomanip>
#include <iostream>
#include <opencv2/core/utils/logger.hpp>

#include "cxr/error.h"
#include "cxr/infer.h"
#include "cxr/progress.h"

namespace {

enum Exit { kAllWell = 0, kCannotGoOn = 1, kWrongUsage = 2, kNothingToDo = 3, kSomeFailed = 4 };

int run(const std::filesystem::path& config, const cxr::InferenceRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  cxr::ProgressBar bar(std::cerr, ::isatty(STDERR_FILENO) == 1);
  const auto summary =
      cxr::infer(cxr::load_configuration(config), request, std::cout,
                 [&](std::size_t done, std::size_t total) { bar.show("images", done, total); });
  bar.clear();
  if (summary.images == 0) {
    std::cerr << "cxr-infer: " << request.radiographs.string() << ": no images in this folder\n";
    return kNothingToDo;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::cerr << summary.images << (summary.images == 1 ? " image, " : " images, ") << summary.failed
            << " failed, " << std::fixed << std::setprecision(1) << seconds << " s, "
            << static_cast<double>(summary.images) / seconds
            << " images/s. For research only, not for diagnosis.\n";
  return summary.failed == 0 ? kAllWell : kSomeFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Finds the lungs in chest radiographs, predicts COVID-19, Normal or Pneumonia, and shows\n"
      "where the network looked. For research only, not for diagnosis."};
  std::filesystem::path config;
  cxr::InferenceRequest request;
  app.add_option("--config", config, "Configuration file (JSON)")->required();
  app.add_option("--xraypath", request.radiographs, "A radiograph, or a folder of radiographs")
      ->required();
  app.add_option("--heatmappath", request.pictures,
                 "Folder for a heat-map picture of each radiograph and results.csv");
  app.footer(
      "The results table (CSV) goes to standard output.\n"
      "Exit status: 0 all well, 1 cannot go on, 2 wrong options or configuration,\n"
      "3 nothing to do, 4 some images failed.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAllWell : kWrongUsage;
  }
  // A reader that goes away (`| head`) is an error to be told, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  // OpenCV's own warnings are told again, better, in each image's error.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    return run(config, request);
  } catch (const cxr::UsageError& error) {
    std::cerr << "cxr-infer: " << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "cxr-infer: " << error.what() << '\n';
    return kCannotGoOn;
  }
}
