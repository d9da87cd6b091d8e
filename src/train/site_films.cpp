#include "site_films.h"

#include <algorithm>

#include "base/access.h"
#include "base/listing.h"
#include "cxr/error.h"
#include "example_stream.h"
#include "read/manifest.h"

namespace cxr {
namespace {

constexpr const char* kFilmsStage = "manifest";

bool is_among(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

/// What is wrong with rows, by line.
class Problems {
 public:
  explicit Problems(const SiteOptions& options) : file_(options.data.string()) {}

  void add(const ManifestRow& row, const std::string& what) {
    problems_.push_back("line " + std::to_string(row.line) + ": " + what);
  }
  void throw_if_any() const {
    if (!problems_.empty()) throw Error(kFilmsStage, file_, bad_rows(problems_));
  }

 private:
  std::string file_;
  std::vector<std::string> problems_;
};

std::vector<ManifestRow> rows_of(const SiteOptions& options) {
  const ManifestTable table(options.data, {"image", "label"});
  std::vector<ManifestRow> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    ManifestRow row;
    row.image = table.path(i, "image");
    row.label = table.cell(i, "label");
    row.split = table.cell(i, "split");
    row.source = table.cell(i, "source");
    row.patient = table.cell(i, "patient");
    row.manifest = options.data;
    row.line = table.line(i);
    const bool is_wanted = (options.split.empty() || row.split == options.split) &&
                           (options.sources.empty() || is_among(options.sources, row.source));
    if (is_wanted) rows.push_back(std::move(row));
  }
  if (rows.empty())
    throw Error(kFilmsStage, options.data.string(), "has no row of this split and source");
  return rows;
}

void check_rows(const std::vector<ManifestRow>& rows, const std::vector<std::string>& classes,
                Problems problems) {
  for (const ManifestRow& row : rows) {
    if (const std::string why = why_unreadable(row.image); !why.empty()) {
      problems.add(row, "image: " + row.image.string() + ": " + why);
    } else if (!is_among(classes, row.label)) {
      problems.add(row, "label '" + row.label + "' is not one of: " + join(classes));
    }
  }
  problems.throw_if_any();
}

/// What is kept of an analysis.
struct SeenFilm {
  std::string error;
  std::vector<float> logits;
  std::vector<float> features;
};

std::vector<SeenFilm> look_at(std::span<const ExampleRow> rows, const Pipeline& pipeline) {
  std::vector<Input> batch;
  for (const ExampleRow& row : rows) {
    batch.push_back({row.row->image, row.row->image.filename().string()});
  }
  std::vector<SeenFilm> seen;
  for (Analysis& analysis : pipeline.process(batch, {})) {
    seen.push_back({analysis.result.error, std::move(analysis.intermediates.logits),
                    std::move(analysis.intermediates.features)});
  }
  return seen;
}

void append(NdArray& array, const std::vector<float>& row) {
  if (array.shape.empty()) array.shape = {0, static_cast<std::int64_t>(row.size())};
  ++array.shape[0];
  array.values.insert(array.values.end(), row.begin(), row.end());
}

}  // namespace

SiteFilms read_site_films(const SiteOptions& options, const Pipeline& pipeline,
                          const TrainingListener& listener) {
  const std::vector<std::string>& classes = pipeline.classes();
  const std::vector<ManifestRow> rows = rows_of(options);
  Problems problems(options);
  check_rows(rows, classes, problems);
  std::vector<ExampleRow> examples;
  examples.reserve(rows.size());
  for (const ManifestRow& row : rows) examples.push_back({&row, Part::validation});
  SiteFilms films;
  load_examples(
      examples, listener,
      [&](std::span<const ExampleRow> batch) { return look_at(batch, pipeline); },
      [&](const ExampleRow& example, const SeenFilm& seen) {
        const ManifestRow& row = *example.row;
        if (!seen.error.empty()) return problems.add(row, seen.error);
        append(films.judged.logits, seen.logits);
        append(films.features, seen.features);
        films.judged.labels.push_back(
            static_cast<std::size_t>(std::ranges::find(classes, row.label) - classes.begin()));
        films.judged.sources.push_back(row.source);
        films.patients.push_back(row.patient);
      });
  problems.throw_if_any();
  return films;
}

std::vector<std::size_t> films_of_class(const JudgedFilms& films, std::size_t classes) {
  std::vector<std::size_t> counts(classes);
  for (const std::size_t label : films.labels) ++counts[label];
  return counts;
}

}  // namespace cxr
