#include "train_options.h"

#include "documents.h"
#include "program.h"

namespace cxr {
namespace {

void add_files(CLI::App& command, TrainingOptions& options) {
  command.option_defaults()->always_capture_default()->group("Data");
  command
      .add_option("--data", options.manifests,
                  "Manifest (CSV) of the training and validation images; may be repeated")
      ->required()
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command.add_option("--out", options.out, "Model file to write (.pt)")
      ->required()
      ->type_name("FILE");
  command.add_option("--init", options.init, "Model to start from (fine-tuning)")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command.add_option("--hold-out", options.hold_out,
                     "Source (hospital) to leave out of training and validation and report "
                     "separately; may be repeated");
  command.add_flag("--resume", options.resume, "Continue from the checkpoint beside --out");
}

void add_schedule(CLI::App& command, TrainingOptions& options) {
  command.option_defaults()->group("Training");
  command.add_option("--epochs", options.epochs, "Number of epochs");
  command.add_option("--images-per-epoch", options.images_per_epoch,
                     "Images drawn per epoch; 0: as many as there are");
  command.add_option("--batch-size", options.batch_size, "Images per training step");
  command.add_option("--side", options.side, "Side of the network's input in pixels");
  command.add_option("--learning-rate", options.learning_rate,
                     "Peak learning rate of the one-cycle schedule");
  command.add_flag("--bfloat16", options.bfloat16,
                   "Convolve in bfloat16: about twice as fast on processors with avx512_bf16 or "
                   "amx_bf16, slower on others");
}

void add_advanced(CLI::App& command, TrainingOptions& options) {
  command.option_defaults()->group(kAdvancedGroups[0]);
  command.add_option("--first-side", options.first_side,
                     "Input side at the start of training, growing to --side");
  command.add_option("--weight-decay", options.weight_decay, "Decoupled weight decay (AdamW)");
  command.add_option("--averaging", options.averaging,
                     "Decay of the moving average of the weights; 0: no averaging");
  command.add_option("--seed", options.seed, "Seed for weights, order and augmentation");
  command.add_option("--describe-data", options.data,
                     "Description of the data, stored in the contract");
  command.add_option("--licence", options.licence, "Licence of the model, stored in the contract");
  command.option_defaults()->group(kAdvancedGroups[1]);
  for_each_range(options.augmentation,
                 [&](const std::string& name, double& value, const std::string& meaning) {
                   command.add_option("--" + name, value, meaning);
                 });
}

}  // namespace

void add_segmenter_options(CLI::App& command, SegmenterOptions& options) {
  add_files(command, options.training);
  add_schedule(command, options.training);
  add_advanced(command, options.training);
  command
      .add_option("--negatives", options.negatives,
                  "Share of training images replaced by pictures without lungs, 0 to 0.9")
      ->group(kAdvancedGroups[0]);
}

void add_classifier_options(CLI::App& command, ClassifierOptions& options) {
  add_files(command, options.training);
  command.add_option("--segmenter", options.segmenter, "Segmenter (.pt) that finds the lungs")
      ->required()
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  add_schedule(command, options.training);
  add_choice(command, "--planes", options.planes, "Enhanced planes in the classifier's input");
  add_choice(command, "--balance", options.balance, "What to draw equally often");
  add_advanced(command, options.training);
  command.option_defaults()->group(kAdvancedGroups[0]);
  command.add_option("--enhance-side", options.enhance_side,
                     "Longer side of the crop in pixels when it is enhanced; default: --side");
  command.add_option("--label-smoothing", options.label_smoothing,
                     "Probability mass spread over the other labels, 0 to 0.5");
}

}  // namespace cxr
