#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cxr/contract.h"
#include "linear_head.h"
#include "metrics/classification_metrics.h"
#include "site_films.h"

namespace cxr {

/// A head fitted to a site, and the contract with what was calibrated after it.
struct AdaptedHead {
  LinearHead head;
  Contract contract;
  double strength = 0;  ///< of L2, see fit_head()
};

/// Fits a head to films: starts from `shipped` after temperature and offsets are fitted to them,
/// chooses the strength of L2 by cross-validation by patient, and calibrates `contract` to the
/// cross-validated logits.
AdaptedHead adapt_head(const SiteFilms& films, const LinearHead& shipped, const Contract& contract);

/// What was said of one film, and which classes could not be excluded.
struct SitePrediction {
  LabelledPrediction prediction;
  std::optional<std::vector<std::string>> prediction_set;  ///< none without thresholds
};

/// What `head` and `contract` say of films.
std::vector<SitePrediction> predict(const SiteFilms& films, const LinearHead& head,
                                    const Contract& contract);

/// What adapt_head() comes to on films that it has not seen: all of it is done without each fifth
/// of the patients in turn, which are then judged.
std::vector<SitePrediction> cross_validate(const SiteFilms& films, const LinearHead& shipped,
                                           const Contract& contract);

/// The fold, 0 to `folds` - 1, of each film: all films of a patient (where it is stated) are in
/// one, and the patients of each label are spread over all. Always the same for the same films.
std::vector<std::size_t> folds_by_patient(const std::vector<std::size_t>& labels,
                                          const std::vector<std::string>& patients,
                                          std::size_t folds);

}  // namespace cxr
