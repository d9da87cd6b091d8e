#include "base/atomic_file.h"
#include "base/sha256.h"
#include "calibration.h"
#include "cxr/pipeline.h"
#include "cxr/train.h"
#include "model_copy.h"
#include "site_films.h"

namespace cxr {

void calibrate_classifier(const SiteOptions& options, const TrainingListener& listener) {
  require_writable(options.out);
  const Pipeline pipeline(
      {.segmenter = {options.segmenter, {}}, .classifier = {options.model, {}}});
  const SiteFilms films = read_site_films(options, pipeline, listener);
  Contract contract = pipeline.classifier().contract();
  calibrate(films.judged, contract);
  contract.calibrated_on += ", manifest " + sha256(options.data);
  const std::vector<std::size_t> counts = films_of_class(films, contract.classes.size());
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] == 0 && listener.note) {
      listener.note("no films of " + contract.classes[c] +
                    ": its offset is 0 and no prediction set excludes it");
    }
  }
  save_stored(load_stored(options.model), contract, options.out);
}

}  // namespace cxr
