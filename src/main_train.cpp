#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>

#include "cxr/error.h"
#include "cxr/progress.h"
#include "cxr/train.h"

namespace {

void add_common_options(CLI::App& command, cxr::TrainingOptions& options) {
  command.option_defaults()->always_capture_default();
  command.add_option("--data", options.manifest, "Manifest (CSV) of the images")
      ->required()
      ->check(CLI::ExistingFile);
  command.add_option("--out", options.out, "Model file to write (.pt)")->required();
  command.add_option("--epochs", options.epochs, "Passes over the training images");
  command.add_option("--batch-size", options.batch_size, "Images in one training step");
  command.add_option("--side", options.side, "Side of the network's input in pixels");
  command.add_option("--learning-rate", options.learning_rate, "Peak of the one-cycle schedule");
  command.add_option("--weight-decay", options.weight_decay, "AdamW's decoupled weight decay");
  command.add_option("--describe-data", options.data, "What the images are, for the contract");
  command.add_option("--licence", options.licence, "What the model may be used for, likewise");
  command.add_option("--seed", options.seed, "Of weights, order and augmentation");
  command.add_flag("--bfloat16", options.bfloat16,
                   "Convolve in bfloat16: twice as fast on processors with AMX, slower on others");
  command.add_flag("--resume", options.resume, "Go on from the checkpoint beside --out");
}

cxr::TrainingListener print_to(std::ostream& out, cxr::ProgressBar& bar) {
  cxr::TrainingListener listener;
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
      "Trains the networks of cxr-infer. For research only, not for diagnosis.\n"
      "Killed at any moment, it loses at most one epoch: run again with --resume."};
  app.require_subcommand(1);
  cxr::TrainingOptions segmenter;
  auto* segmenter_command = app.add_subcommand("segmenter", "Train the network that finds lungs");
  add_common_options(*segmenter_command, segmenter);

  cxr::TrainingOptions classifier;
  std::filesystem::path segmenter_model;
  auto* classifier_command =
      app.add_subcommand("classifier", "Train the network that names what the lungs show");
  add_common_options(*classifier_command, classifier);
  classifier_command->add_option("--segmenter", segmenter_model, "Model that finds the lungs")
      ->required()
      ->check(CLI::ExistingFile);
  std::optional<int> enhance_side;
  classifier_command->add_option(
      "--enhance-side", enhance_side,
      "Longer side of the crop when it is enhanced, in pixels; as --side where not given");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    cxr::ProgressBar bar(std::cerr, ::isatty(STDERR_FILENO) == 1);
    const auto listener = print_to(std::cerr, bar);
    if (*segmenter_command) {
      cxr::train_segmenter(segmenter, listener);
    } else {
      cxr::train_classifier(classifier, segmenter_model, enhance_side, listener);
    }
    return 0;
  } catch (const cxr::UsageError& error) {
    std::cerr << "cxr-train: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "cxr-train: " << error.what() << '\n';
    return 1;
  }
}
