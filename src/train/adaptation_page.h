#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adaptation.h"
#include "metrics/bootstrap.h"

namespace cxr {

/// What a classifier said of a site's films before and after it was adapted; the latter by
/// cross-validation.
struct BeforeAfter {
  std::vector<SitePrediction> before;
  std::vector<SitePrediction> after;
  std::vector<std::string> patients;
};

/// By how much the log loss falls, a mean over the labels, each the mean over its films; with a 95
/// % interval by patient.
Estimate log_loss_gain(const BeforeAfter& films);

/// Why a model should not be used instead of the one before; empty where it should.
std::string objection(const BeforeAfter& films);

/// Markdown: the main figures before and after, and the verdict. `origin` has lines of what was
/// adapted to what.
std::string adaptation_page(const BeforeAfter& films, const std::vector<std::string>& classes,
                            const std::vector<std::string>& origin);

}  // namespace cxr
