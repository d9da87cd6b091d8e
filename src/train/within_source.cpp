#include "within_source.h"

#include <algorithm>
#include <map>

#include "metrics/metrics.h"

namespace cxr {
namespace {

/// The films of a source, by class.
using FilmsOfClass = std::map<std::size_t, std::vector<std::size_t>>;

std::map<std::string, FilmsOfClass> by_source(const JudgedFilms& films) {
  std::map<std::string, FilmsOfClass> sources;
  for (std::size_t i = 0; i < films.labels.size(); ++i) {
    sources[films.sources[i]][films.labels[i]].push_back(i);
  }
  return sources;
}

double auroc_of_pair(const NdArray& logits, const FilmsOfClass::value_type& a,
                     const FilmsOfClass::value_type& b) {
  const auto scores = [&](const std::vector<std::size_t>& films) {
    std::vector<double> differences;
    for (const std::size_t film : films) {
      differences.push_back(double{logits.at(film)[a.first]} - double{logits.at(film)[b.first]});
    }
    return differences;
  };
  return *auroc(scores(a.second), scores(b.second));
}

}  // namespace

NamedFigures auroc_within_sources(const JudgedFilms& films) {
  NamedFigures figures;
  for (const auto& [source, classes] : by_source(films)) {
    std::vector<double> pairs;
    for (auto a = classes.begin(); a != classes.end(); ++a) {
      for (auto b = std::next(a); b != classes.end(); ++b) {
        pairs.push_back(auroc_of_pair(films.logits, *a, *b));
      }
    }
    if (const Measure auroc = mean(pairs)) figures.emplace_back(source, *auroc);
  }
  return figures;
}

NamedFigures sensitivity_within_sources(const JudgedFilms& films,
                                        const std::vector<std::string>& classes) {
  NamedFigures figures;
  for (const auto& [source, films_of_class] : by_source(films)) {
    for (const auto& [label, members] : films_of_class) {
      const auto found = std::ranges::count_if(members, [&](std::size_t film) {
        const float* row = films.logits.at(film);
        return std::max_element(row, row + classes.size()) == row + label;
      });
      figures.emplace_back(source + "_" + classes[label],
                           static_cast<double>(found) / static_cast<double>(members.size()));
    }
  }
  return figures;
}

}  // namespace cxr
