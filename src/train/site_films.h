#pragma once

#include <string>
#include <vector>

#include "cxr/pipeline.h"
#include "cxr/train.h"
#include "within_source.h"

namespace cxr {

/// Labelled radiographs and what a classifier makes of them.
struct SiteFilms {
  JudgedFilms judged;                 ///< logits before temperature and offsets
  NdArray features;                   ///< N x K, see Intermediates::features
  std::vector<std::string> patients;  ///< N of them; empty where not stated
};

/// Reads the rows of `options.data` and runs the pipeline on them.
///
/// Throws Error naming the file: a column `image` or `label` missing, no rows; and one for all bad
/// rows together, by line: an image that is no file, that cannot be read or is skipped, a label
/// that is not a class of the classifier.
SiteFilms read_site_films(const SiteOptions& options, const Pipeline& pipeline,
                          const TrainingListener& listener);

/// How many films each class has.
std::vector<std::size_t> films_of_class(const JudgedFilms& films, std::size_t classes);

}  // namespace cxr
