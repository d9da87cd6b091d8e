#include <torch/torch.h>

#include <map>
#include <opencv2/imgproc.hpp>

#include "augment.h"
#include "base/format.h"
#include "base/utf8.h"
#include "cxr/read.h"
#include "cxr/train.h"
#include "draw/contours.h"
#include "draw/sheet.h"
#include "example_stream.h"
#include "metrics/metrics.h"
#include "negative_example.h"
#include "network/network_input.h"
#include "network/tensor.h"
#include "option_table.h"
#include "read/lung_mask.h"
#include "read/manifest.h"
#include "training_loop.h"

namespace cxr {
namespace {

struct Example {
  cv::Mat image;  ///< CV_8UC1
  cv::Mat mask;   ///< CV_8UC1, 0 or 255, of the image's size
  std::string source;
  std::filesystem::path file;
};

struct SegmentationExamples {
  std::vector<Example> training;
  std::vector<Example> validation;
  std::vector<Example> held_out;
};

cv::Mat area_averaged(const cv::Mat& image, cv::Size size) {
  cv::Mat small;
  cv::resize(image, small, size, 0, 0, cv::INTER_AREA);
  return small;
}

/// Training examples are kept a little larger than the network's input; validation examples as they
/// are, so that they are resized as in inference.
SegmentationExamples load_segmentation_examples(const TrainingOptions& options,
                                                const TrainingListener& listener) {
  const cv::Size kept(options.side * 8 / 7, options.side * 8 / 7);
  const auto rows = read_manifests(options.manifests, Purpose::segmentation);
  const auto read_example = [&](const ExampleRow& chosen) {
    const ManifestRow& row = *chosen.row;
    const cv::Mat image = read_radiograph(row.image).image;
    const cv::Mat mask = read_lung_mask(row.mask, image.size());
    if (chosen.part != Part::training) return Example{image, mask, row.source, row.image};
    return Example{area_averaged(image, kept), area_averaged(mask, kept), row.source, row.image};
  };
  SegmentationExamples examples;
  load_examples(
      choose_rows(options, rows), listener,
      [&](std::span<const ExampleRow> batch) {
        std::vector<Example> read;
        for (const ExampleRow& row : batch) {
          read.push_back(with_line(*row.row, [&] { return read_example(row); }));
        }
        return read;
      },
      [&](const ExampleRow& row, Example& example) {
        auto& kind = row.part == Part::training     ? examples.training
                     : row.part == Part::validation ? examples.validation
                                                    : examples.held_out;
        kind.push_back(std::move(example));
      });
  return examples;
}

/// How many training images become negatives, and how the others are augmented.
struct Recipe {
  Augmentation augmentation;
  double negatives;
  double gas;
  NetworkInput input;
};

/// An image as the network sees it; its lungs are ones in `target` (CV_8UC1).
cv::Mat augmented_image(const Example& example, const Recipe& recipe, cv::RNG& rng,
                        cv::Mat& target) {
  const cv::Size size = target.size();
  if (rng.uniform(0.0, 1.0) < recipe.negatives) {
    target = 0;
    const cv::Mat negative = random_negative_example(example.image, size, rng);
    return rng.uniform(0, 2) == 0 ? negative : random_tones(recipe.augmentation, negative, rng);
  }
  const cv::Rect whole({}, example.image.size());
  const cv::Mat map = random_affine(recipe.augmentation, whole, size, rng);
  cv::Mat image;
  cv::Mat mask;
  cv::warpAffine(random_gas(recipe.gas, example.image, example.mask > 127, rng), image, map, size,
                 cv::INTER_LINEAR);
  cv::warpAffine(example.mask, mask, map, size, cv::INTER_LINEAR);
  cv::threshold(mask, target, 127, 1, cv::THRESH_BINARY);
  return random_tones(recipe.augmentation, image, rng);
}

TrainingBatch make_batch(const std::vector<Example>& examples, const Recipe& recipe,
                         const std::vector<std::size_t>& indices, std::uint64_t seed) {
  const cv::Size size(recipe.input.width, recipe.input.height);
  const auto count = static_cast<std::int64_t>(indices.size());
  auto target = torch::empty({count, size.height, size.width}, torch::kUInt8);
  std::vector<cv::Mat> images;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    cv::RNG rng = example_rng(seed, i);
    cv::Mat lungs(size, CV_8UC1, target[static_cast<std::int64_t>(i)].data_ptr());
    images.push_back(augmented_image(examples[indices[i]], recipe, rng, lungs));
  }
  const NdArray batch = to_network_input(images, recipe.input);
  return {as_tensor(batch).clone(), target.to(torch::kLong)};
}

/// Cross-entropy plus one minus the soft Dice coefficient of the lungs.
torch::Tensor segmentation_loss(const torch::Tensor& logits, const torch::Tensor& target) {
  const auto lung = logits.softmax(1).select(1, 1);
  const auto truth = target.to(torch::kFloat);
  const auto dice = (2 * (lung * truth).sum({1, 2}) + 1) / ((lung + truth).sum({1, 2}) + 1);
  return torch::cross_entropy_loss(logits, target) + 1 - dice.mean();
}

/// What a network makes of an image.
struct Judged {
  double dice = 0;
  double loss = 0;
  cv::Mat lungs;  ///< CV_8UC1 of the network's size, 0 or 255
};

Judged judge_example(torch::jit::Module& network, const Example& example,
                     const NetworkInput& input) {
  const cv::Size size(input.width, input.height);
  const auto logits = validation_output(network, to_network_input({example.image}, input));
  auto predicted = logits.argmax(1).to(torch::kUInt8).contiguous();
  const cv::Mat truth = area_averaged(example.mask, size) > 127;
  const cv::Mat lungs = truth / 255;
  const auto target =
      torch::from_blob(lungs.data, {1, size.height, size.width}, torch::kUInt8).to(torch::kLong);
  const cv::Mat found = cv::Mat(size, CV_8UC1, predicted.data_ptr()) * 255;
  return {dice(found, truth), segmentation_loss(logits, target).item<double>(), found};
}

/// The Dice of each image, by source, and the loss of each.
struct Agreement {
  std::map<std::string, std::vector<double>> dice;
  std::vector<double> losses;
};

Agreement agreement_of(torch::jit::Module& network, const std::vector<Example>& examples,
                       const NetworkInput& input) {
  Agreement agreement;
  for (const Example& example : examples) {
    const Judged judged = judge_example(network, example, input);
    agreement.dice[example.source].push_back(judged.dice);
    agreement.losses.push_back(judged.loss);
  }
  return agreement;
}

/// Mean Dice and loss over all validation images, and mean Dice over those of each source.
Metrics validation_metrics(torch::jit::Module& network, const SegmentationExamples& examples,
                           const NetworkInput& input) {
  Agreement validation = agreement_of(network, examples.validation, input);
  auto& by_source = validation.dice;
  std::vector<double> all;
  for (const auto& [source, values] : by_source)
    all.insert(all.end(), values.begin(), values.end());
  by_source.merge(agreement_of(network, examples.held_out, input).dice);
  Metrics metrics{{"dice", *mean(all)}};
  for (const auto& [source, values] : by_source) {
    if (!source.empty()) metrics.emplace_back("dice_" + source, *mean(values));
  }
  metrics.emplace_back("validation_loss", *mean(validation.losses));
  return metrics;
}

SheetPicture show_training_example(const Example& example, const cv::Mat& seen,
                                   const torch::Tensor& target) {
  const torch::Tensor lungs = (target * 255).to(torch::kUInt8).contiguous();
  const cv::Mat mask(seen.size(), CV_8UC1, lungs.data_ptr());
  cv::Mat picture = for_sheet(seen);
  draw_contour(picture, mask, kTrueMask, 2);
  const std::string name = to_utf8(example.file.filename().string());
  if (cv::countNonZero(mask) > 0) return {picture, {name}};
  const bool is_generated = cv::countNonZero(example.mask) > 0;
  return {picture, {is_generated ? "no lungs: made from " + name : name + ": no lungs"}};
}

/// By Dice; among equals, by loss.
ValidationCases segmentation_cases(torch::jit::Module& network,
                                   const std::vector<Example>& examples,
                                   const NetworkInput& input) {
  constexpr double kLossesOfOneDice = 1e6;
  ValidationCases all;
  all.columns = {"image", "source", "dice", "loss"};
  all.title = {"Validation images by Dice, judged by the model that was kept"};
  all.keys = both_masks();
  std::vector<double> dices;
  for (const Example& example : examples) {
    const Judged judged = judge_example(network, example, input);
    dices.push_back(judged.dice);
    all.cases.push_back({judged.loss - kLossesOfOneDice * judged.dice,
                         {to_utf8(example.file.string()), example.source, fixed(judged.dice, 4),
                          fixed(judged.loss, 4)}});
  }
  all.show = [&network, &examples, input, dices](std::size_t i) {
    const Example& example = examples[i];
    cv::Mat picture = for_sheet(example.image);
    draw_contours(picture, example.mask, judge_example(network, example, input).lungs);
    return SheetPicture{picture,
                        {to_utf8(example.file.filename().string()), "Dice " + fixed(dices[i], 3)}};
  };
  return all;
}

Contract segmenter_contract(const TrainingOptions& options) {
  Contract contract;
  contract.kind = Contract::Kind::segmenter;
  contract.name = "unet-resnet34-lungs";
  contract.version = std::string("4");
  contract.input.width = contract.input.height = options.side;
  contract.input.resize = Resize::squish;
  contract.classes = {"background", "lung"};
  contract.data = options.data;
  contract.licence = options.licence;
  return contract;
}

}  // namespace

void train_segmenter(const SegmenterOptions& options, const TrainingListener& listener) {
  const TrainingOptions& training = options.training;
  check_training_options(training);
  require_in_range(options);
  const SegmentationExamples examples = load_segmentation_examples(training, listener);

  TrainingTask task;
  task.contract = segmenter_contract(training);
  task.weights.assign(examples.training.size(),
                      1.0 / static_cast<double>(examples.training.size()));
  task.batch = [&](const std::vector<std::size_t>& indices, int side, std::uint64_t seed) {
    Recipe recipe{training.augmentation, options.negatives, options.gas, task.contract.input};
    recipe.input.width = recipe.input.height = side;
    return make_batch(examples.training, recipe, indices, seed);
  };
  task.depends_on = describe_options(options);
  task.loss = segmentation_loss;
  task.validate = [&](torch::jit::Module& network, const Contract& contract) {
    return validation_metrics(network, examples, contract.input);
  };
  task.samples_keys = {{"mask", kTrueMask}};
  task.show = [&](std::size_t example, const cv::Mat& seen, const torch::Tensor& target) {
    return show_training_example(examples.training[example], seen, target);
  };
  task.judge = [&](torch::jit::Module& network, const Contract& contract) {
    return segmentation_cases(network, examples.validation, contract.input);
  };
  run_training(task, training, listener);
}

}  // namespace cxr
