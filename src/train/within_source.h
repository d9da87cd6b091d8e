#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "cxr/ndarray.h"

namespace cxr {

/// Films, a network's output for them, and their true classes.
struct JudgedFilms {
  NdArray logits;                    ///< N x classes
  std::vector<std::size_t> labels;   ///< N of them, 0 to classes - 1
  std::vector<std::string> sources;  ///< likewise
};

using NamedFigures = std::vector<std::pair<std::string, double>>;

/// For each source that has films of two classes or more, the area under the ROC curve (0..1) of
/// the difference of their logits; a mean over the pairs of classes. Telling
/// sources apart does not raise it.
NamedFigures auroc_within_sources(const JudgedFilms& films);

/// For each source and class that has films, "SOURCE_CLASS": the share that is predicted so, 0..1.
NamedFigures sensitivity_within_sources(const JudgedFilms& films,
                                        const std::vector<std::string>& classes);

}  // namespace cxr
