#include <map>
#include <set>
#include <string>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "covidx_sources.h"
#include "cxr/dataset.h"
#include "finding.h"
#include "id_list.h"
#include "new_folder.h"
#include "plan.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr double kEvaluateShare = 0.2;  ///< of RICORD's patients, as in the original

Plan make_plan(const CovidxSources& sources) {
  Plan plan;
  std::set<std::string> urls;
  if (!sources.cohen.empty()) urls = add_cohen(plan, sources.cohen);
  if (!sources.figure1.empty()) add_figure1(plan, sources.figure1);
  if (!sources.actualmed.empty()) add_actualmed(plan, sources.actualmed);
  if (!sources.sirm.empty()) add_sirm(plan, sources.sirm, urls);
  if (!sources.rsna.empty()) add_rsna(plan, sources.rsna);
  if (!sources.ricord.empty()) add_ricord(plan, sources.ricord, sources.ricord_studies);
  if (!sources.siim.empty()) add_siim(plan, sources.siim);
  return plan;
}

/// Gives the training patients of one source, which has no list of its own, another split.
void draw_split(Plan& plan, const std::string& source, const std::string& split, double share,
                std::uint64_t seed) {
  Plan part;
  for (const PlannedImage& image : plan.images) {
    if (image.source == source) part.images.push_back(image);
  }
  move_patients(part, split, share, seed);
  std::set<std::string> moved;
  for (const PlannedImage& image : part.images) {
    if (image.split == split) moved.insert(image.patient);
  }
  for (PlannedImage& image : plan.images) {
    if (moved.contains(image.patient)) image.split = split;
  }
}

/// A patient has one split, whatever the class and source of an image. Cohen, Figure1, Actualmed
/// and SIRM have a list of test patients; RSNA may have one; of RICORD, none are for testing.
void assign_splits(Plan& plan, const CovidxSources& sources, const DatasetOptions& options) {
  std::set<std::string> tested;
  if (!sources.test_patients.empty()) tested = read_id_object(sources.test_patients);
  for (const fs::path& file : sources.rsna_test) tested.merge(read_id_list(file));
  for (PlannedImage& image : plan.images) {
    image.split = tested.contains(image.patient) ? "test" : "train";
  }
  if (sources.rsna_test.empty()) {
    draw_split(plan, "rsna", "test", options.test_fraction, options.seed);
  }
  draw_split(plan, "siim", "test", options.test_fraction, options.seed);
  draw_split(plan, "ricord", "evaluate", kEvaluateShare, options.seed);
  move_patients(plan, "val", options.val_fraction, options.seed);
}

void write_text(const fs::path& file, const std::string& text) {
  AtomicFile out(file);
  out.write(text);
  out.finish();
}

void write_images(const Plan& plan, const fs::path& out, bool copy,
                  const DatasetProgress& progress) {
  std::map<std::string, std::string> lists{{"train", ""}, {"test", ""}, {"evaluate", ""}};
  for (const auto& [folder, list] : lists) make_folder(out / folder);
  std::string manifest = csv_line({"image", "label", "split", "source", "patient"});
  std::string mapping = csv_line({"image", "file"});
  std::size_t done = 0;
  for (const PlannedImage& image : plan.images) {
    const std::string folder = split_folder(image);
    const fs::path file = fs::path(folder) / image.name;
    place_file(image.from, out / file, copy);
    lists[folder] += image.patient + " " + image.name + " " + list_label(image.label) + " " +
                     image.source + "\n";
    manifest += csv_line({file.string(), image.label, image.split, image.source, image.patient});
    mapping += csv_line({file.string(), fs::absolute(image.from).lexically_normal().string()});
    progress("writing", ++done, plan.images.size());
  }
  for (const auto& [folder, list] : lists) write_text(out / (folder + ".txt"), list);
  write_text(out / "mapping.csv", mapping);
  write_text(out / "manifest.csv", manifest);
}

}  // namespace

DatasetSummary make_covidx_set(const CovidxSources& sources, const DatasetOptions& options,
                               const DatasetProgress& progress) {
  require_new_folder(options.out);
  Plan plan = make_plan(sources);
  drop_duplicates(plan);
  drop_unreadable(plan, progress);
  assign_splits(plan, sources, options);
  require_separate_patients(plan);
  if (options.strict) require_no_problems(plan);
  if (!options.dry_run && !plan.images.empty()) {
    NewFolder out(options.out);
    write_images(plan, out.unfinished(), options.copy, progress);
    write_problems(out.unfinished(), plan.problems);
    out.finish();
  }
  return {plan.images.size(), plan.problems, plan_table(plan)};
}

}  // namespace cxr
