#include <torch/torch.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <set>

#include "augment.h"
#include "cxr/classify.h"
#include "cxr/enhance.h"
#include "cxr/error.h"
#include "cxr/lung_box.h"
#include "cxr/manifest.h"
#include "cxr/network_input.h"
#include "cxr/read.h"
#include "cxr/train.h"
#include "lung_box_cache.h"
#include "tensor.h"
#include "training_loop.h"

namespace cxr {
namespace {

constexpr const char* kStage = "training";

/// A radiograph scaled so that the longer side of its crop is that which is enhanced. All of it is
/// kept, because augmentation looks over the edge of the crop.
struct TrainingExample {
  cv::Mat image;  ///< CV_8UC1
  cv::Rect crop;
  std::int64_t label = 0;
};

/// What inference would classify.
struct ValidationExample {
  cv::Mat enhanced;  ///< CV_8UC3
  std::int64_t label = 0;
};

struct Examples {
  std::vector<TrainingExample> training;
  std::vector<ValidationExample> validation;
};

TrainingExample make_training_example(const cv::Mat& image, const cv::Rect& crop, int side,
                                      std::int64_t label) {
  const double scale = static_cast<double>(side) / std::max(crop.width, crop.height);
  TrainingExample example;
  cv::resize(image, example.image, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  const auto scaled = [scale](int value) { return std::max(1, cvRound(value * scale)); };
  example.crop = {cvRound(crop.x * scale), cvRound(crop.y * scale), scaled(crop.width),
                  scaled(crop.height)};
  example.label = label;
  return example;
}

std::vector<std::string> labels_of(const std::vector<ManifestRow>& rows) {
  std::set<std::string> labels;
  for (const ManifestRow& row : rows) labels.insert(row.label);
  return {labels.begin(), labels.end()};
}

Examples load(const TrainingOptions& options, const std::vector<ManifestRow>& rows,
              const Contract& contract, LungBoxCache& boxes, const TrainingListener& listener) {
  const std::vector<std::string>& classes = contract.classes;
  constexpr std::size_t kSaveEvery = 1000;
  Examples examples;
  for_each_example(options, rows, listener, [&](const ManifestRow& row) {
    const cv::Mat image = read_radiograph(row.image);
    const LungBox lungs = boxes.find(row.image.string(), image);
    const cv::Rect crop = choose_crop(lungs, kTrustedQuality, image.size());
    const auto label = std::find(classes.begin(), classes.end(), row.label) - classes.begin();
    if (row.split == "train") {
      examples.training.push_back(
          make_training_example(image, crop, *contract.enhance_side, label));
    } else {
      examples.validation.push_back({enhance(image(crop), contract.enhance_side), label});
    }
    const std::size_t done = examples.training.size() + examples.validation.size();
    if (done % kSaveEvery == 0) boxes.save();
  });
  boxes.save();
  return examples;
}

/// The crop, moved, turned, stretched and re-toned at random.
cv::Mat augmented_crop(const TrainingExample& example, const Augmentation& augmentation,
                       cv::RNG& rng) {
  const cv::Size size = example.crop.size();
  cv::Mat map = random_affine(augmentation, size, size, rng);
  // The map is one of the crop; it is to be applied to the image round it.
  map.at<double>(0, 2) -=
      map.at<double>(0, 0) * example.crop.x + map.at<double>(0, 1) * example.crop.y;
  map.at<double>(1, 2) -=
      map.at<double>(1, 0) * example.crop.x + map.at<double>(1, 1) * example.crop.y;
  cv::Mat crop;
  cv::warpAffine(example.image, crop, map, size, cv::INTER_LINEAR);
  return random_tones(augmentation, crop, rng);
}

TrainingBatch make_batch(const std::vector<TrainingExample>& examples,
                         const Augmentation& augmentation, const Contract& contract,
                         const std::vector<std::size_t>& indices, std::uint64_t seed) {
  std::vector<cv::Mat> enhanced;
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const TrainingExample& example = examples[indices[i]];
    cv::RNG rng = example_rng(seed, i);
    enhanced.push_back(enhance(augmented_crop(example, augmentation, rng)));
    labels.push_back(example.label);
  }
  const NdArray batch = to_network_input(enhanced, contract.input);
  return {view(batch).clone(), torch::tensor(labels)};
}

torch::Tensor classification_loss(const torch::Tensor& logits, const torch::Tensor& target) {
  constexpr double kLabelSmoothing = 0.05;
  return torch::cross_entropy_loss(logits, target, {}, at::Reduction::Mean, -100, kLabelSmoothing);
}

/// Balanced accuracy (the mean of the classes' sensitivities), accuracy, and each sensitivity.
std::vector<std::pair<std::string, double>> validate(torch::jit::Module& network,
                                                     const std::vector<ValidationExample>& examples,
                                                     const Contract& contract) {
  constexpr std::size_t kBatch = 32;
  std::vector<double> right(contract.classes.size());
  std::vector<double> all(contract.classes.size());
  for (std::size_t begin = 0; begin < examples.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, examples.size());
    std::vector<cv::Mat> enhanced;
    for (std::size_t i = begin; i < end; ++i) {
      enhanced.push_back(examples[i].enhanced);
    }
    const auto predicted = evaluate(network, to_network_input(enhanced, contract.input)).argmax(1);
    for (std::size_t i = begin; i < end; ++i) {
      const auto label = static_cast<std::size_t>(examples[i].label);
      ++all[label];
      const auto said = predicted[static_cast<std::int64_t>(i - begin)].item<std::int64_t>();
      if (said == examples[i].label) ++right[label];
    }
  }
  std::vector<std::pair<std::string, double>> metrics{{"balanced_accuracy", 0}, {"accuracy", 0}};
  double present = 0;
  for (std::size_t c = 0; c < all.size(); ++c) {
    metrics[1].second += right[c] / static_cast<double>(examples.size());
    if (all[c] == 0) continue;
    ++present;
    metrics[0].second += right[c] / all[c];
    metrics.emplace_back("sensitivity_" + contract.classes[c], right[c] / all[c]);
  }
  metrics[0].second /= present;
  return metrics;
}

Contract classifier_contract(const TrainingOptions& options,
                             const std::vector<std::string>& classes, int enhance_side) {
  Contract contract;
  contract.kind = Contract::Kind::classifier;
  contract.name = "resnet34-cxr";
  contract.version = "1";
  contract.input.width = contract.input.height = options.side;
  contract.input.resize = Resize::letterbox;
  contract.classes = classes;
  contract.data = options.data;
  contract.licence = options.licence;
  contract.enhance_side = enhance_side;
  return contract;
}

}  // namespace

void train_classifier(const TrainingOptions& options, const std::filesystem::path& segmenter,
                      std::optional<int> enhance_side_wanted, const TrainingListener& listener) {
  check(options);
  const int enhance_side = enhance_side_wanted.value_or(options.side);
  if (enhance_side < 32 || enhance_side > 4096) {
    throw UsageError(kStage, "--enhance-side", "must be from 32 to 4096");
  }
  const auto rows = read_manifests({options.manifest}, Purpose::classification);
  TrainingTask task;
  task.contract = classifier_contract(options, labels_of(rows), enhance_side);
  if (task.contract.classes.size() < 2) {
    throw Error(kStage, options.manifest.string(), "has fewer than two labels");
  }
  LungBoxCache boxes(std::filesystem::path(options.out).concat(".boxes.csv"), segmenter);
  const Examples examples = load(options, rows, task.contract, boxes, listener);
  Augmentation augmentation;
  augmentation.rotation = 10;
  augmentation.scale = 0.15;
  augmentation.shift = 0.05;
  augmentation.noise = 0.01;  // the adaptive threshold magnifies it
  augmentation.blur = 0.7;

  task.examples = examples.training.size();
  task.batch = [&](const std::vector<std::size_t>& indices, std::uint64_t seed) {
    return make_batch(examples.training, augmentation, task.contract, indices, seed);
  };
  task.initial_encoder = segmenter;
  task.depends_on =
      " enhance-side=" + std::to_string(enhance_side) + " segmenter=" + boxes.segmenter();
  task.loss = classification_loss;
  task.validate = [&](torch::jit::Module& network) {
    return validate(network, examples.validation, task.contract);
  };
  run_training(task, options, listener);
}

}  // namespace cxr
