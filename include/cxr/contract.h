#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cxr/names.h"

namespace cxr {

/// How an image is brought to a network's input size.
enum class Resize {
  squish,    ///< to the given size, the aspect ratio is lost
  letterbox  ///< aspect ratio kept, centred, padded with zeros before normalisation
};

constexpr auto names(Resize /*unused*/) {
  return std::array{Named<Resize>{Resize::squish, "squish"},
                    Named<Resize>{Resize::letterbox, "letterbox"}};
}

/// How an image is averaged when it shrinks to a network's input size, or interpolated when it
/// grows.
enum class Filter {
  area,               ///< mean of the covered area; bilinear where the image grows
  bilinear_antialias  ///< PIL's BILINEAR, as fastai and torchvision do; see resized_as_pil()
};

constexpr auto names(Filter /*unused*/) {
  return std::array{Named<Filter>{Filter::area, "area"},
                    Named<Filter>{Filter::bilinear_antialias, "bilinear-antialias"}};
}

/// What a classifier sees of a crop, in three planes; see enhance().
enum class Planes {
  all,    ///< Otsu, CLAHE, adaptive threshold
  clahe,  ///< CLAHE three times: thresholds tell much about how a film was processed
  plain   ///< the crop three times: CLAHE takes away how dense the lungs are
};

constexpr auto names(Planes /*unused*/) {
  return std::array{Named<Planes>{Planes::all, "all"}, Named<Planes>{Planes::clahe, "clahe"},
                    Named<Planes>{Planes::plain, "plain"}};
}

/// What a network wants to be fed.
struct NetworkInput {
  int width = 224;   ///< pixels, a multiple of 32 from 32 to 4096
  int height = 224;  ///< likewise
  Resize resize = Resize::squish;
  Filter filter = Filter::area;
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};  ///< per channel, of values in 0..1
  std::array<float, 3> std{0.229F, 0.224F, 0.225F};   ///< likewise, above 0
};

/// What a model file promises: `contract.json` inside the TorchScript archive.
struct Contract {
  enum class Kind { segmenter, classifier };

  Kind kind = Kind::classifier;
  std::string name;
  std::string version;
  NetworkInput input;
  std::vector<std::string> classes;  ///< in the order of the network's outputs
  std::string data;                  ///< what it was trained on
  std::string licence;

  // Of a classifier only:

  /// The longer side, in pixels, to which a radiograph is resized before it is cropped, so that it
  /// is as sharp as those that the network was trained on; none: its native size.
  std::optional<int> film_side;
  /// The longer side, in pixels, to which a crop is resized before enhancement; none for networks
  /// trained on radiographs at their native size.
  std::optional<int> enhance_side;
  Planes planes = Planes::all;

  /// Probabilities are softmax(logits / temperature + offsets).
  float temperature = 1.0F;
  std::vector<float> offsets;  ///< of each class; empty: zeros
  /// The least probability, 0..1, at which each class is in the prediction set; see
  /// fit_conformal(). Empty: no sets.
  std::vector<float> conformal;
  std::string calibrated_on;  ///< what temperature, offsets and conformal were fitted to

  std::string adapted_from;  ///< SHA-256 of the model whose head was fitted to other radiographs
  std::string adapted_to;    ///< these radiographs
};

constexpr auto names(Contract::Kind /*unused*/) {
  return std::array{Named<Contract::Kind>{Contract::Kind::segmenter, "segmenter"},
                    Named<Contract::Kind>{Contract::Kind::classifier, "classifier"}};
}

/// Reads a contract. `where` names the file or configuration key in errors. Throws Error naming
/// the field and what is allowed. Fields that are not known are ignored, so that older programs
/// read newer models.
Contract parse_contract(const nlohmann::json& json, const std::string& where);

nlohmann::json to_json(const Contract& contract);

}  // namespace cxr
