#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "cxr/augmentation.h"
#include "cxr/contract.h"
#include "cxr/lung_box.h"
#include "cxr/names.h"

namespace cxr {

/// How a network is trained: AdamW with a one-cycle learning rate (Smith and Topin, 2018). Ranges
/// are in for_each_option().
struct TrainingOptions {
  std::vector<std::filesystem::path> manifests;  ///< one or more, see read_manifests()
  std::filesystem::path out;   ///< the model; beside it OUT.csv (log), OUT.checkpoint, pictures
  std::filesystem::path init;  ///< a model whose weights training starts from; or empty
  int epochs = 12;
  int patience = 0;          ///< ends after that many epochs without a better model; 0: never
  int images_per_epoch = 0;  ///< 0: as many as there are
  int batch_size = 8;
  int side = 224;                 ///< of the network's square input
  std::optional<int> first_side;  ///< where training starts; it grows to `side`, which it has for
                                  ///< the last third of the epochs; not above `side`
  double learning_rate = 1.5e-3;  ///< the cycle's peak
  double weight_decay = 1e-2;     ///< decoupled, as AdamW does it; not of biases and batch norm
  double averaging = 0;  ///< decay per step of the moving average of the weights, which is then the
                         ///< model (Polyak and Juditsky, 1992); 0: none
  double initial_share = 0;  ///< of `init` in the model's weights, so that it keeps more of what it
                             ///< could do (WiSE-FT, Wortsman et al., 2022)
  std::vector<std::string> hold_out;  ///< sources left out of both splits and reported separately
  std::uint64_t seed = 1;             ///< of weights, order and augmentation
  bool bfloat16 = false;              ///< convolve in bfloat16 instead of float
  bool resume = false;                ///< continue from the checkpoint if there is one
  std::string data;                   ///< for the contract: what the images are
  std::string licence;                ///< for the contract: what the model may be used for
  Augmentation augmentation;
};

struct SegmenterOptions {
  TrainingOptions training;
  double negatives = 0;  ///< share of training images that are replaced by pictures without lungs
  double gas = 0;        ///< share of the others that get gas below the diaphragm; they are upright
};

/// What is drawn equally often in an epoch.
enum class Balance {
  none,              ///< every image
  label,             ///< every label
  label_and_source,  ///< every label, and every source of a label
  source             ///< every label of a source, every view of a label; see source_weights()
};

constexpr auto names(Balance /*unused*/) {
  return std::array{Named<Balance>{Balance::none, "none"}, Named<Balance>{Balance::label, "label"},
                    Named<Balance>{Balance::label_and_source, "label-and-source"},
                    Named<Balance>{Balance::source, "source"}};
}

struct ClassifierOptions {
  TrainingOptions training;
  std::filesystem::path segmenter;  ///< finds the lungs; its encoder is where training starts
  std::filesystem::path regions;    ///< a regions.csv with the lungs; the segmenter may be empty
  std::optional<int> film_side;     ///< see Contract; if not given, the native size
  std::optional<int> enhance_side;  ///< see Contract; if not given, `side`
  Planes planes = Planes::all;
  Balance balance = Balance::none;
  double label_smoothing = 0.05;  ///< Szegedy et al., 2016
  double smallest_component =
      kSpeck;  ///< of the lungs that the segmenter finds: see find_lung_box()
};

/// What there is to know about an option: `--NAME`, and NAME in training.json.
struct OptionInfo {
  enum class Group { basic, advanced, augmentation };

  const char* name;
  const char* meaning;
  Group group = Group::basic;
  double least = 0;  ///< of a number
  double most = 0;
  int step = 1;  ///< a whole number is a multiple of it
};

/// `Options`, const or not.
template <typename T, typename Options>
concept OneOf = std::is_same_v<std::remove_const_t<T>, Options>;

/// Calls `visit(OptionInfo, value)` for each option that has one value, in the order of the help.
/// What is not a number has no range.
template <OneOf<TrainingOptions> Options, typename Visitor>
void for_each_option(Options& o, const Visitor& visit) {
  using enum OptionInfo::Group;
  visit(OptionInfo{"epochs", "Number of epochs", basic, 1, 10000}, o.epochs);
  visit(OptionInfo{"patience", "Stop after this many epochs without a better model; 0: never",
                   basic, 0, 10000},
        o.patience);
  visit(OptionInfo{"images-per-epoch", "Images drawn in an epoch; 0: as many as there are", basic,
                   0, 10'000'000},
        o.images_per_epoch);
  visit(OptionInfo{"batch-size", "Images in one training step", basic, 2, 1024}, o.batch_size);
  visit(OptionInfo{"side", "Side of the network's input in pixels", basic, 64, 1024, 32}, o.side);
  visit(
      OptionInfo{"learning-rate", "Peak learning rate of the one-cycle schedule", basic, 1e-12, 1},
      o.learning_rate);
  visit(OptionInfo{"bfloat16",
                   "Convolve in bfloat16: about twice as fast on processors with avx512_bf16 or "
                   "amx_bf16, slower on others"},
        o.bfloat16);
  visit(OptionInfo{"first-side", "Side at which training starts; it grows to --side", advanced, 64,
                   1024, 32},
        o.first_side);
  visit(OptionInfo{"weight-decay", "Decoupled weight decay of AdamW", advanced, 0, 1},
        o.weight_decay);
  visit(OptionInfo{"averaging", "Decay of the moving average of the weights; 0: none", advanced, 0,
                   0.99999},
        o.averaging);
  visit(OptionInfo{"initial-share", "Share of the weights of --init in the model; 0: none",
                   advanced, 0, 0.99},
        o.initial_share);
  visit(OptionInfo{"seed", "Seed of weights, order and augmentation", advanced, 0, 1e18}, o.seed);
  for_each_range(o.augmentation, [&](const char* name, auto& value, const char* meaning) {
    visit(OptionInfo{name, meaning, augmentation, 0, 180}, value);
  });
}

/// The same for the options that only a segmenter has.
template <OneOf<SegmenterOptions> Options, typename Visitor>
void for_each_option(Options& o, const Visitor& visit) {
  visit(OptionInfo{"negatives",
                   "Share of training images that are replaced by pictures without lungs",
                   OptionInfo::Group::advanced, 0, 0.9},
        o.negatives);
  visit(OptionInfo{"gas", "Share of training images with gas drawn below the diaphragm",
                   OptionInfo::Group::advanced, 0, 1},
        o.gas);
}

/// The same for the options that only a classifier has.
template <OneOf<ClassifierOptions> Options, typename Visitor>
void for_each_option(Options& o, const Visitor& visit) {
  using enum OptionInfo::Group;
  visit(OptionInfo{"planes", "Enhanced planes that the classifier sees"}, o.planes);
  visit(OptionInfo{"balance", "What is drawn equally often"}, o.balance);
  visit(OptionInfo{"film-side",
                   "Longer side of a radiograph when it is cropped, in pixels; default: native",
                   advanced, 32, 4096},
        o.film_side);
  visit(OptionInfo{"enhance-side",
                   "Longer side of the crop when it is enhanced, in pixels; default: --side",
                   advanced, 32, 4096},
        o.enhance_side);
  visit(
      OptionInfo{"smallest-component",
                 "Share of the lung mask's area up to which a component is a speck and not of the "
                 "lungs; as smallest_component of cxr-infer",
                 advanced, 0, 1},
      o.smallest_component);
  visit(
      OptionInfo{"label-smoothing", "Probability mass given to the other labels", advanced, 0, 0.5},
      o.label_smoothing);
}

}  // namespace cxr
