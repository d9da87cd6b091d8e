#include "base/atomic_file.h"
#include "base/sha256.h"
#include "calibration.h"
#include "cxr/error.h"
#include "cxr/network.h"
#include "cxr/pipeline.h"
#include "cxr/train.h"
#include "model_copy.h"
#include "site_films.h"

namespace cxr {
namespace {

JudgedFilms judge(const SiteOptions& options, const std::vector<std::string>& classes,
                  const TrainingListener& listener) {
  const Pipeline pipeline({.segmenter = {options.segmenter, {}},
                           .classifier = {options.model, {}},
                           .smallest_component = options.smallest_component});
  if (pipeline.classes() != classes) {
    throw Error("calibrate", options.model.string(),
                "its classes are not those of the model to calibrate");
  }
  return read_site_films(options, pipeline, listener).judged;
}

std::vector<JudgedFilms> judge_folds(const CalibrateOptions& options,
                                     const std::vector<std::string>& classes,
                                     const TrainingListener& listener) {
  std::vector<JudgedFilms> folds;
  for (const HeldOutFold& fold : options.folds) {
    SiteOptions held_out = options.site;
    held_out.model = fold.model;
    held_out.sources = fold.sources;
    folds.push_back(judge(held_out, classes, listener));
  }
  return folds;
}

}  // namespace

void calibrate_classifier(const CalibrateOptions& options, const TrainingListener& listener) {
  const SiteOptions& site = options.site;
  require_writable(site.out);
  Contract contract = Network(site.model, Contract::Kind::classifier).contract();
  const JudgedFilms films = judge(site, contract.classes, listener);
  calibrate(films, contract, judge_folds(options, contract.classes, listener));
  contract.calibrated_on += ", manifest " + sha256(site.data);
  const std::vector<std::size_t> counts = films_of_class(films, contract.classes.size());
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0 && listener.note) {
      listener.note("no films of " + contract.classes[c] +
                    ": its offset is 0 and no prediction set excludes it");
    }
  }
  save_stored(load_stored(site.model), contract, site.out);
}

}  // namespace cxr
