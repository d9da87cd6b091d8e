#include <iostream>

#include "base/format.h"
#include "cxr/dataset.h"
#include "cxr/error.h"
#include "dataset_options.h"
#include "program.h"

namespace {

/// All problems with --verbose, otherwise the first; the folder has a table of them.
void print_problems(const std::vector<cxr::DatasetProblem>& problems, bool all) {
  constexpr std::size_t kMaxListed = 20;
  for (std::size_t i = 0; i < problems.size() && (all || i < kMaxListed); ++i) {
    const auto& [source, subject, reason, detail] = problems[i];
    std::cerr << (source.empty() ? "" : source + ": ") << subject << ": " << reason
              << (detail.empty() ? "" : " (" + detail + ")") << '\n';
  }
  if (!all && problems.size() > kMaxListed) {
    std::cerr << "and " << problems.size() - kMaxListed << " more (--verbose: all)\n";
  }
}

int report(const cxr::DatasetSummary& summary, const cxr::DatasetOptions& options,
           const cxr::Messages& messages) {
  if (!messages.quiet) print_problems(summary.problems, messages.verbose);
  if (summary.images == 0) {
    std::cerr << "cxr-dataset: no images found; nothing was made\n";
    return cxr::kNothingToDo;
  }
  std::cout << summary.table << std::flush;
  if (!std::cout) throw cxr::Error("write", "standard output", "cannot be written");
  if (!messages.quiet) {
    std::cerr << cxr::counted(summary.images, "image")
              << (options.dry_run ? ", nothing was written" : ": " + options.out.string()) << '\n';
  }
  return cxr::kSuccess;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Makes data sets for cxr-train and cxr-evaluate from published ones. For research only, not "
      "for diagnosis.",
      "cxr-dataset"};
  app.require_subcommand(1);
  app.fallthrough();
  cxr::Messages messages;
  add_message_options(app, messages);
  cxr::DatasetCommand segmentation, covidx, regions;
  auto* segmentation_command =
      app.add_subcommand("segmentation", "Radiographs with lung masks, for cxr-train segmenter");
  cxr::add_segmentation_set_options(*segmentation_command, segmentation);
  auto* covidx_command = app.add_subcommand(
      "covidx", "Radiographs of COVID-19, Normal and Pneumonia, for cxr-train classifier");
  cxr::add_covidx_options(*covidx_command, covidx);
  auto* regions_command =
      app.add_subcommand("regions", "A labelled data set with the lung boxes of its images");
  cxr::add_regions_options(*regions_command, regions);
  app.footer(cxr::exit_status_help());
  return cxr::run_program(app, argc, argv, [&] {
    cxr::ProgressBar bar = messages.progress_bar();
    const auto progress = [&](const std::string& what, std::size_t done, std::size_t total) {
      bar.show(what, done, total);
    };
    const auto finished = [&](const cxr::DatasetSummary& summary, const cxr::DatasetCommand& by) {
      bar.clear();
      return report(summary, by.options, messages);
    };
    if (*segmentation_command) {
      return finished(
          cxr::make_segmentation_set(segmentation.segmentation, segmentation.options, progress),
          segmentation);
    }
    if (*covidx_command) {
      return finished(cxr::make_covidx_set(cxr::covidx_sources(covidx), covidx.options, progress),
                      covidx);
    }
    if (regions.configuration.print) {
      std::cout << cxr::print_configuration(regions.configuration.load());
      return static_cast<int>(cxr::kSuccess);
    }
    return finished(cxr::make_regions_set(regions.configuration.load(), regions.labelled,
                                          regions.options, progress),
                    regions);
  });
}
