#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>

#include "cxr/train.h"
#include "json_config.h"
#include "program.h"

namespace {

/// What every training needs to be told.
void add_files(CLI::App& command, cxr::TrainingOptions& options) {
  command.option_defaults()->always_capture_default();
  command.add_option("--data", options.manifests, "Manifest (CSV) of the images; may be repeated")
      ->required()
      ->check(CLI::ExistingFile);
  command.add_option("--out", options.out, "Model file to write (.pt)")->required();
  command.add_option("--init", options.init, "Model to go on from: fine-tuning")
      ->check(CLI::ExistingFile);
  command.add_option("--hold-out", options.hold_out,
                     "Source to keep out of both splits and report apart; may be repeated");
  command.add_option("--describe-data", options.data, "What the images are, for the contract");
  command.add_option("--licence", options.licence, "What the model may be used for, likewise");
  command.add_flag("--resume", options.resume, "Go on from the checkpoint beside --out");
}

void add_recipe(CLI::App& command, cxr::TrainingOptions& options) {
  command.add_option("--epochs", options.epochs, "Passes over the training images");
  command.add_option("--images-per-epoch", options.images_per_epoch, "0: as many as there are");
  command.add_option("--batch-size", options.batch_size, "Images in one training step");
  command.add_option("--side", options.side, "Side of the network's input in pixels");
  command.add_option("--first-side", options.first_side,
                     "Where training starts, growing to --side");
  command.add_option("--learning-rate", options.learning_rate, "Peak of the one-cycle schedule");
  command.add_option("--weight-decay", options.weight_decay, "AdamW's decoupled weight decay");
  command.add_option("--averaging", options.averaging, "Decay of the weights' moving average");
  command.add_option("--seed", options.seed, "Of weights, order and augmentation");
  command.add_flag("--bfloat16", options.bfloat16,
                   "Convolve in bfloat16: twice as fast where the processor has it, else slower");
  cxr::for_each_range(options.augmentation,
                      [&](const std::string& name, double& value, const std::string& meaning) {
                        command.add_option("--" + name, value, meaning)->group("Augmentation");
                      });
}

void add_segmenter(CLI::App& command, cxr::SegmenterOptions& options) {
  add_files(command, options.training);
  command.add_option("--negatives", options.negatives,
                     "Share of images that are made no radiographs");
  add_recipe(command, options.training);
}

void add_classifier(CLI::App& command, cxr::ClassifierOptions& options) {
  add_files(command, options.training);
  command.add_option("--segmenter", options.segmenter, "Model that finds the lungs")
      ->required()
      ->check(CLI::ExistingFile);
  command.add_option("--enhance-side", options.enhance_side,
                     "Longer side of the crop when it is enhanced, in pixels; as --side where not "
                     "given");
  cxr::add_choice(command, "--planes", options.planes, "What the classifier sees of a crop");
  cxr::add_choice(command, "--balance", options.balance, "What is shown equally often");
  command.add_option("--label-smoothing", options.label_smoothing, "Share of the other labels");
  add_recipe(command, options.training);
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
      "Killed at any moment, it loses at most one epoch: run again with --resume.",
      "cxr-train"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_config("--config", "", "JSON file of options, an object for each network")
      ->type_name("FILE");
  app.config_formatter(std::make_shared<cxr::JsonConfig>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  cxr::Messages messages;
  add_message_options(app, messages);
  cxr::SegmenterOptions segmenter;
  auto* segmenter_command = app.add_subcommand("segmenter", "Train the network that finds lungs");
  add_segmenter(*segmenter_command, segmenter);
  cxr::ClassifierOptions classifier;
  add_classifier(
      *app.add_subcommand("classifier", "Train the network that names what the lungs show"),
      classifier);
  return cxr::run_program(app, argc, argv, [&] {
    cxr::ProgressBar bar = messages.progress_bar();
    const auto listener = print_to(std::cerr, bar);
    if (*segmenter_command) {
      cxr::train_segmenter(segmenter, listener);
    } else {
      cxr::train_classifier(classifier, listener);
    }
    return cxr::kSuccess;
  });
}
