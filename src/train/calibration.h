#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cxr/contract.h"
#include "cxr/ndarray.h"
#include "within_source.h"

namespace cxr {

/// How much each film weighs, in all 1: all labels weigh the same, within each label all sources,
/// and within these all films. So probabilities are fitted to films of which each label is equally
/// frequent.
std::vector<double> calibration_weights(const JudgedFilms& films);

/// What Contract::temperature and Contract::offsets say.
struct Calibration {
  float temperature = 1;
  std::vector<float> offsets;  ///< of each class; they sum to 0
};

/// The temperature and offsets under which softmax(logits / temperature + offsets) makes the labels
/// most probable: bias-corrected temperature scaling (Alexandari et al., ICML 2020; without
/// offsets, Guo et al., ICML 2017), with calibration_weights().
///
/// A label without films has an offset of 0, and the others are fitted to how they are told from
/// one another. A little of their squares is added, so that they are finite for labels that are
/// told apart without error. Where `temperature` is given, only the offsets are fitted.
Calibration fit_calibration(const JudgedFilms& films, std::optional<float> temperature = {});

/// The temperature that some folds share, each with offsets of its own. In a fold, a network judges
/// sources that it has not seen. How overconfident it is there carries over to a network that has
/// seen all sources; how its logits are shifted does not, as that comes of what its training lacks.
float fit_temperature(const std::vector<JudgedFilms>& folds);

/// Class-conditional conformal thresholds at 90 %, for Contract::conformal. Of the n films of a
/// class, the threshold is the k-th largest probability of that class, k = ceil(0.9 (n + 1)); 0, so
/// that the class is never excluded, where k > n (fewer than 9 films). The prediction set of a film
/// has the classes whose probability reaches the threshold. If the film is exchangeable with the n
/// films of its class, its class is in the set with a probability of at least 90 % (split conformal
/// prediction for each class: Vovk, "Conditional validity of inductive conformal predictors", ACML
/// 2012; by one minus the probability: Sadinle et al., JASA 2019). Films of another hospital are
/// not exchangeable.
///
/// `probabilities` (N x C) must not be fitted to the same films, but for a few parameters.
std::vector<float> fit_conformal(const NdArray& probabilities,
                                 const std::vector<std::size_t>& labels);

/// Fits temperature, offsets and conformal thresholds of a contract to films that the network was
/// not trained on, and notes in `calibrated_on` how many films of which sources they are. With
/// `folds`, the temperature is theirs.
void calibrate(const JudgedFilms& films, Contract& contract,
               const std::vector<JudgedFilms>& folds = {});

}  // namespace cxr
