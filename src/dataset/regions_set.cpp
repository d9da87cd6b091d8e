#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/format.h"
#include "base/stream.h"
#include "cxr/dataset.h"
#include "cxr/error.h"
#include "cxr/network.h"
#include "cxr/read.h"
#include "draw/picture.h"
#include "draw/png.h"
#include "labelled_set.h"
#include "network/threads.h"
#include "new_folder.h"
#include "pipeline/finite.h"
#include "pipeline/polarity.h"
#include "pipeline/segment.h"
#include "plan.h"
#include "read/regions.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// What was found in an image, or why nothing was.
struct Found {
  std::string problem;
  cv::Mat image;
  cv::Mat mask;
  LungBox lungs;
};

std::vector<Found> read_images(std::span<const PlannedImage> batch) {
  std::vector<Found> all(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    try {
      all[i].image = read_radiograph(batch[i].from).image;
    } catch (const Error& error) {
      all[i].problem = error.what();
    }
  }
  return all;
}

std::vector<Found> find_lungs(const Network& segmenter, const PipelineOptions& options,
                              std::span<const PlannedImage> batch) {
  std::vector<Found> all = read_images(batch);
  std::vector<Found*> readable;
  std::vector<cv::Mat> images;
  for (Found& found : all) {
    if (!found.problem.empty()) continue;
    readable.push_back(&found);
    images.push_back(found.image);
  }
  std::vector<Segmentation> segmentations = segment(segmenter, images);
  if (options.polarity == Polarity::automatic) {
    turn_negatives(segmenter, images, segmentations, options.smallest_component);
  }
  for (std::size_t i = 0; i < readable.size(); ++i) {
    const auto& [probability, mask] = segmentations[i];
    try {
      require_finite({probability.ptr<float>(), probability.total()}, "segment", segmenter);
      readable[i]->mask = mask;
      readable[i]->lungs =
          find_lung_box(probability, mask, images[i].size(), options.smallest_component);
    } catch (const Error& error) {
      readable[i]->problem = error.what();
    }
  }
  return all;
}

cv::Mat draw_overlay(const Found& found, const std::string& name) {
  HeatmapOptions options;
  options.figsize = 4;
  options.layout = Layout::panels;
  return draw_picture({.image = found.image,
                       .lung_mask = found.mask,
                       .lung_box = found.lungs.box,
                       .crop = {},
                       .enhanced = {},
                       .heat_map = {},
                       .title = fixed(found.lungs.quality, 4),
                       .name = name},
                      options);
}

/// `SPLIT/CLASS/NAME`
fs::path place_of(const PlannedImage& image) {
  return fs::path(split_folder(image)) / image.label / image.name;
}

/// Leaves out what has no label, no file, or the place of another.
void drop_unusable(Plan& plan) {
  std::set<fs::path> places;
  std::vector<PlannedImage> kept;
  for (PlannedImage& image : plan.images) {
    std::error_code ignored;
    if (!fs::is_regular_file(image.from, ignored)) {
      plan.complain(image.source, image.from.string(), "no such image");
    } else if (image.label.empty()) {
      plan.complain(image.source, image.from.string(), "no label");
    } else if (!places.insert(place_of(image)).second) {
      plan.complain(image.source, image.from.string(), "duplicate",
                    "another image of its class has its name");
    } else {
      kept.push_back(std::move(image));
    }
  }
  plan.images = std::move(kept);
}

/// Writes the data set as the lungs are found.
class RegionsWriter {
 public:
  RegionsWriter(fs::path out, bool copy) : out_(std::move(out)), copy_(copy) {}

  void write(const PlannedImage& image, const Found& found) {
    const fs::path place = place_of(image);
    const fs::path overlay = fs::path("segmentation") / fs::path(place).replace_extension(".png");
    make_folder((out_ / place).parent_path());
    make_folder((out_ / overlay).parent_path());
    place_file(image.from, out_ / place, copy_);
    write_png(out_ / overlay, draw_overlay(found, image.name));
    regions_ += regions_line({.file = place.string(),
                              .box = found.lungs.box,
                              .confidence = found.lungs.quality,
                              .label = image.label});
    manifest_ += csv_line({place.string(), image.label, image.split, image.source, image.patient});
  }

  void finish() const {
    for (const auto& [name, text] :
         {std::pair("regions.csv", &regions_), std::pair("manifest.csv", &manifest_)}) {
      AtomicFile file(out_ / name);
      file.write(*text);
      file.finish();
    }
  }

 private:
  fs::path out_;
  bool copy_;
  std::string regions_ = regions_header();
  std::string manifest_ = csv_line({"image", "label", "split", "source", "patient"});
};

/// Finds the lungs of the plan's images, writes what is found, and leaves out the others. Returns
/// the number of images whose lungs are not trusted.
std::size_t write_images(Plan& plan, const Configuration& configuration, RegionsWriter& writer,
                         const DatasetProgress& progress) {
  const PipelineOptions& options = configuration.pipeline;
  const Network segmenter(options.segmenter.file, Contract::Kind::segmenter,
                          options.segmenter.contract, options.device, options.precision);
  const OneCoreEach one_core_each;
  const StreamOptions stream{.threads = thread_count(configuration.threads),
                             .batch_size = configuration.batch_size,
                             .begin_thread = OneCoreEach::begin_thread};
  const auto work = [&](std::span<const PlannedImage> batch) {
    return find_lungs(segmenter, options, batch);
  };
  std::vector<PlannedImage> written;
  std::size_t done = 0, doubted = 0;
  run_stream(plan.images, stream, work, [&](const PlannedImage& image, Found&& found) {
    progress("finding lungs", ++done, plan.images.size());
    if (!found.problem.empty()) {
      plan.complain(image.source, image.from.string(), "cannot be read", found.problem);
      return true;
    }
    writer.write(image, found);
    if (!is_trusted(found.lungs, options.crop_confidence_threshold)) ++doubted;
    written.push_back(image);
    return true;
  });
  writer.finish();
  plan.images = std::move(written);
  return doubted;
}

}  // namespace

DatasetSummary make_regions_set(const Configuration& configuration, const fs::path& data,
                                const DatasetOptions& options, const DatasetProgress& progress) {
  require_new_folder(options.out);
  Plan plan = plan_labelled_set(data);
  drop_unusable(plan);
  const bool has_validation = std::ranges::any_of(
      plan.images, [](const PlannedImage& image) { return image.split == "val"; });
  if (!has_validation) move_patients(plan, "val", options.val_fraction, options.seed);
  require_separate_patients(plan);
  if (options.strict) require_no_problems(plan);
  std::string doubts;
  if (!options.dry_run && !plan.images.empty()) {
    NewFolder out(options.out);
    RegionsWriter writer(out.unfinished(), options.copy);
    const std::size_t doubted = write_images(plan, configuration, writer, progress);
    if (options.strict) require_no_problems(plan);
    write_problems(out.unfinished(), plan.problems);
    out.finish();
    doubts = "\nconfidence not above " +
             fixed(configuration.pipeline.crop_confidence_threshold, 3) + ": " +
             counted(doubted, "image") + " of " + std::to_string(plan.images.size()) + "\n";
  }
  return {plan.images.size(), plan.problems, plan_table(plan) + doubts};
}

}  // namespace cxr
