#include <iomanip>
#include <iostream>

#include "cxr/train.h"
#include "json_config.h"
#include "program.h"
#include "train_options.h"

namespace {

cxr::TrainingListener print_to(std::ostream& out, cxr::ProgressBar& bar, bool quiet) {
  cxr::TrainingListener listener;
  if (quiet) return listener;
  listener.note = [&](const std::string& text) {
    bar.clear();
    out << text << '\n';
  };
  listener.progress = [&](const std::string& what, std::size_t done, std::size_t total,
                          const std::string& figure) { bar.show(what, done, total, figure); };
  listener.epoch = [&](const cxr::EpochReport& report) {
    bar.clear();
    out << "epoch " << report.epoch << "/" << report.epochs << std::fixed << std::setprecision(4)
        << "  loss " << report.training_loss;
    for (const auto& [name, value] : report.metrics) out << "  " << name << " " << value;
    out << "  " << cxr::format_duration(report.seconds) << (report.best ? "  best so far" : "")
        << std::endl;
  };
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Trains the networks of cxr-infer and adapts them to a hospital. For research only, not for "
      "diagnosis.\n"
      "An interrupted training loses at most one epoch; continue it with --resume.",
      "cxr-train"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_all_flag("--help-all", "Print this help with all options and exit")
      ->group("Messages");
  app.set_config("--config", "", "JSON file with options, one object for each command")
      ->type_name("FILE");
  app.config_formatter(std::make_shared<cxr::JsonConfig>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  cxr::Messages messages;
  add_message_options(app, messages);
  cxr::SegmenterOptions segmenter;
  auto* segmenter_command =
      app.add_subcommand("segmenter", "Train the network that finds the lungs");
  cxr::add_segmenter_options(*segmenter_command, segmenter);
  cxr::ClassifierOptions classifier;
  auto* classifier_command =
      app.add_subcommand("classifier", "Train the network that predicts the class");
  cxr::add_classifier_options(*classifier_command, classifier);
  cxr::CalibrateOptions calibrate;
  auto* calibrate_command = app.add_subcommand(
      "calibrate", "Fit a classifier's probabilities and prediction sets to labelled images");
  cxr::add_calibrate_options(*calibrate_command, calibrate);
  cxr::AdaptOptions adapt;
  cxr::add_adapt_options(
      *app.add_subcommand("adapt",
                          "Adapt a classifier to a hospital by 20 or more labelled images"),
      adapt);
  return cxr::run_program(app, argc, argv, [&] {
    if (messages.verbose) std::cerr << cxr::version_text("cxr-train") << "\n";
    cxr::ProgressBar bar = messages.progress_bar();
    const auto listener = print_to(std::cerr, bar, messages.quiet);
    if (*segmenter_command) {
      cxr::train_segmenter(segmenter, listener);
    } else if (*classifier_command) {
      cxr::train_classifier(classifier, listener);
    } else if (*calibrate_command) {
      cxr::calibrate_classifier(calibrate, listener);
    } else {
      cxr::adapt_classifier(adapt, listener);
    }
    return cxr::kSuccess;
  });
}
