#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <set>

#include "augment.h"
#include "base/format.h"
#include "base/resize.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "calibration.h"
#include "cxr/error.h"
#include "cxr/lung_box.h"
#include "cxr/read.h"
#include "cxr/train.h"
#include "draw/sheet.h"
#include "example_stream.h"
#include "lungs_cache.h"
#include "metrics/metrics.h"
#include "network/network_input.h"
#include "network/tensor.h"
#include "option_table.h"
#include "pipeline/classify.h"
#include "pipeline/crop.h"
#include "pipeline/enhance.h"
#include "read/manifest.h"
#include "region_lungs.h"
#include "sampling.h"
#include "training_loop.h"
#include "within_source.h"

namespace cxr {
namespace {

/// A radiograph scaled so that the longer side of its crop is the one at which it is enhanced. All
/// of it is kept, because augmentation moves the crop.
struct TrainingExample {
  cv::Mat image;  ///< CV_8UC1
  cv::Mat lungs;  ///< CV_8UC1 of its size, 0 or 255; empty where not trusted
  cv::Rect crop;
  std::size_t label = 0;
  std::filesystem::path file;
  std::string source;
  std::string view;
  bool child = false;
};

/// A film as inference would classify it.
struct ValidationExample {
  cv::Mat enhanced;  ///< CV_8UC3
  std::size_t label = 0;
  std::string source;
  std::filesystem::path file;
};

struct Examples {
  std::vector<TrainingExample> training;
  std::vector<ValidationExample> validation;
  std::vector<ValidationExample> held_out;
};

TrainingExample make_training_example(const cv::Mat& image, const Lungs& lungs,
                                      const Contract& contract) {
  const cv::Mat film = film_at(image, contract.film_side);
  const cv::Rect crop =
      rescaled(choose_crop(lungs.box, kTrustedQuality, image.size()), image.size(), film.size());
  const double scale =
      static_cast<double>(*contract.enhance_side) / std::max(crop.width, crop.height);
  const auto scaled = [scale](int value) { return std::max(1, cvRound(value * scale)); };
  TrainingExample example;
  cv::resize(film, example.image, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  if (is_trusted(lungs.box, kTrustedQuality)) {
    example.lungs = mask_at(lungs.mask, example.image.size());
  }
  example.crop = {cvRound(crop.x * scale), cvRound(crop.y * scale), scaled(crop.width),
                  scaled(crop.height)};
  return example;
}

std::vector<std::string> labels_of(const std::vector<ManifestRow>& rows) {
  std::set<std::string> labels;
  for (const ManifestRow& row : rows) labels.insert(row.label);
  return {labels.begin(), labels.end()};
}

/// A film for training, or for validation and what is held out.
struct LoadedExample {
  TrainingExample training;
  ValidationExample validation;
};

LoadedExample load_example(const ExampleRow& chosen, const cv::Mat& image, const Lungs& lungs,
                           const Contract& contract) {
  const ManifestRow& row = *chosen.row;
  const auto label = static_cast<std::size_t>(std::ranges::find(contract.classes, row.label) -
                                              contract.classes.begin());
  LoadedExample loaded;
  if (chosen.part == Part::training) {
    loaded.training = make_training_example(image, lungs, contract);
    loaded.training.label = label;
    loaded.training.file = row.image;
    loaded.training.source = row.source;
    loaded.training.view = row.view;
    loaded.training.child = row.age_group == "pediatric";
  } else {
    const cv::Mat crop =
        cut_out(image, choose_crop(lungs.box, kTrustedQuality, image.size()), contract.film_side);
    loaded.validation = {enhance(crop, contract.enhance_side, contract.planes), label, row.source,
                         row.image};
  }
  return loaded;
}

/// Where the lungs of the images come from.
struct LungSource {
  /// The lungs of images, each with a name of its own.
  std::function<std::vector<Lungs>(const std::vector<std::string>&, const std::vector<cv::Mat>&)>
      find;
  std::function<void()> save;  ///< keeps what was found
  std::string identity;        ///< what a resumed run must have in common
};

LungSource segmenter_lungs(const ClassifierOptions& options) {
  const TrainingOptions& training = options.training;
  const auto cache = std::make_shared<LungsCache>(
      std::filesystem::path(training.out).concat(".lungs.csv"), options.segmenter,
      options.smallest_component, training.bfloat16 ? Precision::bfloat16 : Precision::float32);
  return {[cache](const auto& names, const auto& images) { return cache->find(names, images); },
          [cache] { cache->save(); }, " segmenter=" + cache->segmenter()};
}

LungSource listed_lungs(const ClassifierOptions& options) {
  const auto table = std::make_shared<RegionLungs>(options.regions);
  const auto find = [table](const std::vector<std::string>& names,
                            const std::vector<cv::Mat>& images) {
    std::vector<Lungs> lungs;
    for (std::size_t i = 0; i < names.size(); ++i) {
      lungs.push_back(table->find(names[i], images[i].size()));
    }
    return lungs;
  };
  return {find, [] {}, " regions=" + sha256(options.regions)};
}

LungSource lung_source(const ClassifierOptions& options) {
  if (!options.regions.empty()) return listed_lungs(options);
  if (!options.segmenter.empty()) return segmenter_lungs(options);
  throw UsageError(kTrainingStage, "--segmenter", "is required, unless there are --regions");
}

std::vector<LoadedExample> load_batch(std::span<const ExampleRow> rows, const Contract& contract,
                                      const LungSource& source) {
  std::vector<std::string> names;
  std::vector<cv::Mat> images;
  for (const ExampleRow& chosen : rows) {
    const ManifestRow& row = *chosen.row;
    names.push_back(std::filesystem::weakly_canonical(row.image).string());
    images.push_back(with_line(row, [&] { return read_radiograph(row.image).image; }));
  }
  const std::vector<Lungs> lungs = source.find(names, images);
  std::vector<LoadedExample> loaded;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    loaded.push_back(load_example(rows[i], images[i], lungs[i], contract));
  }
  return loaded;
}

Examples load_classification_examples(const ClassifierOptions& options,
                                      const std::vector<ManifestRow>& rows,
                                      const Contract& contract, const LungSource& source,
                                      const TrainingListener& listener) {
  constexpr std::size_t kSaveEvery = 1000;
  Examples examples;
  std::size_t done = 0;
  load_examples(
      choose_rows(options.training, rows), listener,
      [&](std::span<const ExampleRow> batch) { return load_batch(batch, contract, source); },
      [&](const ExampleRow& row, LoadedExample& loaded) {
        if (row.part == Part::training) {
          examples.training.push_back(std::move(loaded.training));
        } else {
          auto& kind = row.part == Part::validation ? examples.validation : examples.held_out;
          kind.push_back(std::move(loaded.validation));
        }
        if (++done % kSaveEvery == 0) source.save();
      });
  source.save();
  return examples;
}

/// The augmented crop.
cv::Mat augmented_crop(const TrainingExample& example, const Augmentation& augmentation,
                       cv::RNG& rng) {
  const cv::Size size = example.crop.size();
  const cv::Mat map = random_affine(augmentation, example.crop, size, rng);
  cv::Mat crop;
  cv::warpAffine(example.image, crop, map, size, cv::INTER_LINEAR);
  if (!example.lungs.empty()) {
    cv::Mat lungs;
    cv::warpAffine(example.lungs, lungs, map, size, cv::INTER_NEAREST);
    crop = random_outside(augmentation, crop, lungs, rng);
  }
  return random_tones(augmentation, crop, rng);
}

TrainingBatch make_batch(const Examples& examples, const ClassifierOptions& options,
                         const Contract& contract, const std::vector<std::size_t>& indices,
                         std::uint64_t seed) {
  const std::size_t classes = contract.classes.size();
  std::vector<cv::Mat> enhanced;
  NdArray target({static_cast<std::int64_t>(indices.size()), static_cast<std::int64_t>(classes)});
  std::ranges::fill(target.values,
                    static_cast<float>(options.label_smoothing / static_cast<double>(classes)));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const TrainingExample& example = examples.training[indices[i]];
    cv::RNG rng = example_rng(seed, i);
    enhanced.push_back(enhance(augmented_crop(example, options.training.augmentation, rng),
                               std::nullopt, options.planes));
    target.at(i)[example.label] += static_cast<float>(1 - options.label_smoothing);
  }
  const NdArray input = to_network_input(enhanced, contract.input);
  return {as_tensor(input).clone(), as_tensor(target).clone()};
}

/// Cross-entropy with a target of probabilities.
torch::Tensor classification_loss(const torch::Tensor& logits, const torch::Tensor& target) {
  return -(target * logits.log_softmax(1)).sum(1).mean();
}

NdArray logits_of(torch::jit::Module& network, const std::vector<ValidationExample>& examples,
                  const Contract& contract) {
  constexpr std::size_t kBatch = 32;
  NdArray logits({static_cast<std::int64_t>(examples.size()),
                  static_cast<std::int64_t>(contract.classes.size())});
  for (std::size_t begin = 0; begin < examples.size(); begin += kBatch) {
    std::vector<cv::Mat> enhanced;
    for (std::size_t i = begin; i < std::min(begin + kBatch, examples.size()); ++i) {
      enhanced.push_back(examples[i].enhanced);
    }
    const NdArray some =
        to_ndarray(validation_output(network, to_network_input(enhanced, contract.input)));
    std::ranges::copy(some.values, logits.at(begin));
  }
  return logits;
}

JudgedFilms predict_films(torch::jit::Module& network,
                          const std::vector<ValidationExample>& examples,
                          const Contract& contract) {
  JudgedFilms films{logits_of(network, examples, contract), {}, {}};
  for (const ValidationExample& example : examples) {
    films.labels.push_back(example.label);
    films.sources.push_back(example.source);
  }
  return films;
}

/// Balanced accuracy, accuracy, and each sensitivity.
Metrics accuracy_metrics(const JudgedFilms& films, const std::vector<std::string>& classes) {
  ConfusionMatrix matrix(classes.size());
  for (std::size_t i = 0; i < films.labels.size(); ++i) {
    const float* row = films.logits.at(i);
    const auto predicted = std::max_element(row, row + classes.size()) - row;
    ++matrix.at(films.labels[i], static_cast<std::size_t>(predicted));
  }
  Metrics metrics{{"balanced_accuracy", *matrix.balanced_accuracy()},
                  {"accuracy", *matrix.accuracy()}};
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const Measure sensitivity = matrix.sensitivity(c);
    if (sensitivity) metrics.emplace_back("sensitivity_" + classes[c], *sensitivity);
  }
  return metrics;
}

void append_figures(Metrics& metrics, const std::string& prefix, const NamedFigures& figures) {
  for (const auto& [name, value] : figures) metrics.emplace_back(prefix + name, value);
}

/// First the mean of the AUROCs within sources, if any source has two classes: balanced accuracy
/// also rewards telling hospitals apart.
Metrics metrics_of(const JudgedFilms& films, const std::vector<std::string>& classes) {
  Metrics metrics;
  const NamedFigures within = auroc_within_sources(films);
  std::vector<double> values;
  for (const auto& [source, value] : within) values.push_back(value);
  if (const Measure all = mean(values)) metrics.emplace_back("auroc", *all);
  append_figures(metrics, "auroc_", within);
  append_figures(metrics, "", accuracy_metrics(films, classes));
  return metrics;
}

/// The mean cross-entropy of logits that are not calibrated yet.
double validation_loss(const JudgedFilms& films) {
  const auto labels =
      torch::tensor(std::vector<std::int64_t>(films.labels.begin(), films.labels.end()));
  return torch::cross_entropy_loss(as_tensor(films.logits), labels).item<double>();
}

/// Loss and metrics of the validation split and metrics of what is held out, the metrics after the
/// calibration of the contract to the validation split.
Metrics validation_metrics(torch::jit::Module& network, const Examples& examples,
                           Contract& contract) {
  JudgedFilms films = predict_films(network, examples.validation, contract);
  const double loss = validation_loss(films);
  calibrate(films, contract);
  films.logits = calibrated(films.logits, contract);
  Metrics metrics = metrics_of(films, contract.classes);
  metrics.emplace_back("validation_loss", loss);
  metrics.emplace_back("temperature", contract.temperature);
  if (examples.held_out.empty()) return metrics;
  JudgedFilms held_out = predict_films(network, examples.held_out, contract);
  held_out.logits = calibrated(held_out.logits, contract);
  append_figures(metrics, "held_out_", metrics_of(held_out, contract.classes));
  append_figures(metrics, "held_out_sensitivity_",
                 sensitivity_within_sources(held_out, contract.classes));
  return metrics;
}

std::string name_of_file(const std::filesystem::path& file) {
  return to_utf8(file.filename().string());
}

SheetPicture show_training_example(const TrainingExample& example, const cv::Mat& seen,
                                   const std::vector<std::string>& classes) {
  return {for_sheet(seen), {classes[example.label], name_of_file(example.file)}};
}

/// What the colours of the network's pictures are.
std::vector<std::string> words_for_planes(Planes planes) {
  if (planes != Planes::all) return {};
  return {"red: Otsu's threshold, green: CLAHE, blue: adaptive threshold"};
}

/// The label and the prediction, each with its probability.
std::vector<std::string> words_for(const float* probabilities, std::size_t label,
                                   std::size_t predicted, const std::vector<std::string>& classes) {
  const auto of_class = [&](std::size_t c) {
    return classes[c] + " (" + fixed(double{probabilities[c]}, 2) + ")";
  };
  return {"label: " + of_class(label), "prediction: " + of_class(predicted)};
}

/// By the loss: minus the logarithm of the calibrated probability of the label.
ValidationCases classification_cases(torch::jit::Module& network,
                                     const std::vector<ValidationExample>& examples,
                                     const Contract& contract) {
  const std::vector<std::string>& classes = contract.classes;
  const NdArray probabilities =
      softmax(calibrated(logits_of(network, examples, contract), contract));
  ValidationCases all;
  all.columns = {"image", "source", "label", "prediction", "probability_of_label", "loss"};
  all.title = {
      "Validation images by the probability of their label, judged by the model that was kept",
      contract.planes == Planes::plain
          ? "shown: the crop that the classifier gets"
          : "shown: the crop that the classifier gets, its contrast enhanced (CLAHE)"};
  std::vector<std::vector<std::string>> words;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const ValidationExample& example = examples[i];
    const float* row = probabilities.at(i);
    const auto predicted =
        static_cast<std::size_t>(std::max_element(row, row + classes.size()) - row);
    const double probability = double{row[example.label]};
    const double loss = std::max(0.0, -std::log(std::max(probability, 1e-30)));  // not -0
    words.push_back(words_for(row, example.label, predicted, classes));
    all.cases.push_back({loss,
                         {to_utf8(example.file.string()), example.source, classes[example.label],
                          classes[predicted], fixed(probability, 4), fixed(loss, 4)}});
  }
  all.show = [&examples, words](std::size_t i) {
    cv::Mat grey;  // of all planes, this one looks most like a radiograph
    cv::extractChannel(examples[i].enhanced, grey, 1);
    std::vector<std::string> lines = words[i];
    lines.push_back(name_of_file(examples[i].file));
    return SheetPicture{for_sheet(grey), lines};
  };
  return all;
}

std::vector<double> weights_by_source(const std::vector<TrainingExample>& examples) {
  std::vector<SampledFilm> films;
  for (const TrainingExample& example : examples) {
    films.push_back({example.source, std::to_string(example.label), example.view, example.child});
  }
  return source_weights(films);
}

std::vector<double> weights_of(const std::vector<TrainingExample>& examples, Balance balance) {
  if (balance == Balance::source) return weights_by_source(examples);
  std::vector<std::string> labels;
  std::vector<std::string> sources;
  for (const TrainingExample& example : examples) {
    labels.push_back(std::to_string(example.label));
    sources.push_back(example.source);
  }
  if (balance == Balance::label) return balanced_weights(labels);
  if (balance == Balance::label_and_source) return balanced_weights(labels, sources);
  return std::vector<double>(examples.size(), 1.0 / static_cast<double>(examples.size()));
}

Contract classifier_contract(const ClassifierOptions& options,
                             const std::vector<std::string>& classes) {
  Contract contract;
  contract.kind = Contract::Kind::classifier;
  contract.name = "resnet34-cxr";
  contract.version = std::string("3");
  contract.input.width = contract.input.height = options.training.side;
  contract.input.resize = Resize::letterbox;
  contract.classes = classes;
  contract.data = options.training.data;
  contract.licence = options.training.licence;
  contract.film_side = options.film_side;
  contract.enhance_side = options.enhance_side.value_or(options.training.side);
  contract.planes = options.planes;
  return contract;
}

}  // namespace

void train_classifier(const ClassifierOptions& options, const TrainingListener& listener) {
  const TrainingOptions& training = options.training;
  check_training_options(training);
  require_in_range(options);
  const auto rows = read_manifests(training.manifests, Purpose::classification);
  TrainingTask task;
  task.contract = classifier_contract(options, labels_of(rows));
  if (task.contract.classes.size() < 2) {
    throw Error(kTrainingStage, training.manifests.front().string(), "has fewer than two labels");
  }
  const LungSource source = lung_source(options);
  const Examples examples =
      load_classification_examples(options, rows, task.contract, source, listener);

  task.weights = weights_of(examples.training, options.balance);
  task.batch = [&](const std::vector<std::size_t>& indices, int side, std::uint64_t seed) {
    Contract contract = task.contract;
    contract.input.width = contract.input.height = side;
    return make_batch(examples, options, contract, indices, seed);
  };
  task.initial_encoder = options.segmenter;
  task.depends_on = source.identity + describe_options(options);
  task.loss = classification_loss;
  task.validate = [&](torch::jit::Module& network, Contract& contract) {
    return validation_metrics(network, examples, contract);
  };
  task.samples_title = words_for_planes(options.planes);
  task.show = [&](std::size_t example, const cv::Mat& seen, const torch::Tensor& /*target*/) {
    return show_training_example(examples.training[example], seen, task.contract.classes);
  };
  task.judge = [&](torch::jit::Module& network, const Contract& contract) {
    return classification_cases(network, examples.validation, contract);
  };
  run_training(task, training, listener);
}

}  // namespace cxr
