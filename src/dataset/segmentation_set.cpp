#include <algorithm>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "base/access.h"
#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/stream.h"
#include "cxr/dataset.h"
#include "cxr/error.h"
#include "cxr/read.h"
#include "draw/png.h"
#include "image_index.h"
#include "network/threads.h"
#include "new_folder.h"
#include "plan.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// The images directly in a folder, sorted. Throws UsageError where it cannot be listed.
std::set<fs::path> images_in(const fs::path& folder) {
  std::error_code failure;
  std::set<fs::path> images;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const fs::path& file = entry.path();
    const bool is_hidden = file.filename().native().starts_with('.');
    if (entry.is_regular_file() && !is_hidden && looks_like_image(file)) images.insert(file);
  }
  if (failure) throw UsageError("dataset", folder.string(), why_unlistable(folder));
  return images;
}

void plan_image(Plan& plan, const fs::path& file, const std::string& source,
                std::vector<fs::path> masks) {
  const std::string name = source + "_" + file.filename().string();
  plan.images.push_back({.from = file,
                         .name = name,
                         .split = "train",
                         .label = "",
                         .source = source,
                         .patient = fs::path(name).stem().string(),
                         .masks = std::move(masks)});
}

void plan_montgomery(Plan& plan, const fs::path& folder) {
  const ImageIndex left(folder / "ManualMask" / "leftMask", Depth::flat);
  const ImageIndex right(folder / "ManualMask" / "rightMask", Depth::flat);
  for (const fs::path& file : images_in(folder / "CXR_png")) {
    const std::string name = file.filename().string();
    const fs::path left_mask = left.find(name);
    const fs::path right_mask = right.find(name);
    if (!left_mask.empty() && !right_mask.empty()) {
      plan_image(plan, file, "montgomery", {left_mask, right_mask});
    } else {
      plan.complain("montgomery", file.string(), "no mask",
                    left_mask.empty() ? "of the left lung" : "of the right lung");
    }
  }
}

/// Published images without a mask are usual: they are counted, but are no problem.
void plan_shenzhen(Plan& plan, const fs::path& folder, const fs::path& masks) {
  const ImageIndex images(folder / "CXR_png", Depth::flat);
  std::set<fs::path> used;
  for (const fs::path& mask : images_in(masks)) {
    const std::string stem = mask.stem().string();
    const std::size_t end = stem.rfind("_mask");
    const fs::path file =
        end == std::string::npos ? fs::path() : images.find(stem.substr(0, end) + ".png");
    if (file.empty()) {
      plan.complain("shenzhen", mask.string(), "mask without an image");
    } else {
      used.insert(file);
      plan_image(plan, file, "shenzhen", {mask});
    }
  }
  for (const fs::path& file : images_in(folder / "CXR_png")) {
    if (!used.contains(file)) plan.leave_out("shenzhen", "no mask");
  }
}

void plan_extra(Plan& plan, const fs::path& folder) {
  const std::string source = fs::canonical(folder).filename().string();
  const ImageIndex masks(folder / "mask", Depth::flat);
  for (const fs::path& file : images_in(folder / "xray")) {
    const fs::path mask = masks.find(file.stem().string());
    if (mask.empty()) {
      plan.complain(source, file.string(), "no mask");
    } else {
      plan_image(plan, file, source, {mask});
    }
  }
}

Plan make_plan(const SegmentationSources& sources) {
  Plan plan;
  if (!sources.montgomery.empty()) plan_montgomery(plan, sources.montgomery);
  if (sources.shenzhen.empty() != sources.shenzhen_masks.empty()) {
    throw UsageError("dataset", "--shenzhen", "needs --shenzhen-masks, and the reverse");
  }
  if (!sources.shenzhen.empty()) plan_shenzhen(plan, sources.shenzhen, sources.shenzhen_masks);
  for (const fs::path& folder : sources.extra) {
    if (!fs::is_directory(folder)) throw UsageError("dataset", folder.string(), "no such folder");
    plan_extra(plan, folder);
  }
  return plan;
}

/// CV_8UC1, 0 or 255, from a mask that is black and white or holds 0 and 1.
cv::Mat read_mask(const fs::path& file) {
  cv::Mat mask = read_radiograph(file).image;
  double brightest = 0;
  cv::minMaxLoc(mask, nullptr, &brightest);
  const double threshold = brightest <= 1 ? 0 : 127;
  if (brightest > 1 && brightest <= threshold) {
    throw Error("mask", file.string(), "has no white: lungs must be 255, or 1");
  }
  cv::threshold(mask, mask, threshold, 255, cv::THRESH_BINARY);
  return mask;
}

/// The mask, or why it cannot be had.
struct DrawnMask {
  cv::Mat mask;
  std::string problem;
};

DrawnMask draw_mask(const PlannedImage& image) {
  try {
    DrawnMask drawn;
    for (const fs::path& file : image.masks) {
      const cv::Mat part = read_mask(file);
      drawn.mask = drawn.mask.empty() ? part : cv::Mat(cv::max(drawn.mask, part));
    }
    return drawn;
  } catch (const Error& error) {
    return {.mask = {}, .problem = error.what()};
  }
}

void write_images(Plan& plan, const fs::path& out, bool copy, const DatasetProgress& progress) {
  for (const char* split : {"train", "test"}) {
    make_folder(out / split / "xray");
    make_folder(out / split / "mask");
  }
  std::string manifest = csv_line({"image", "mask", "split", "source", "patient"});
  std::vector<PlannedImage> written;
  const StreamOptions options{.threads = thread_count(0), .batch_size = 1};
  const auto draw = [](std::span<const PlannedImage> batch) {
    std::vector<DrawnMask> masks(batch.size());
    std::ranges::transform(batch, masks.begin(), draw_mask);
    return masks;
  };
  std::size_t done = 0;
  run_stream(plan.images, options, draw, [&](const PlannedImage& image, DrawnMask&& drawn) {
    progress("writing", ++done, plan.images.size());
    if (!drawn.problem.empty()) {
      plan.complain(image.source, image.from.string(), "mask cannot be read", drawn.problem);
      return true;
    }
    const fs::path folder = split_folder(image);
    const fs::path file = folder / "xray" / image.name;
    const fs::path mask = (folder / "mask" / fs::path(image.name).stem()).concat(".png");
    place_file(image.from, out / file, copy);
    write_png(out / mask, drawn.mask);
    manifest += csv_line({file.string(), mask.string(), image.split, image.source, image.patient});
    written.push_back(image);
    return true;
  });
  plan.images = std::move(written);
  AtomicFile table(out / "manifest.csv");
  table.write(manifest);
  table.finish();
}

}  // namespace

DatasetSummary make_segmentation_set(const SegmentationSources& sources,
                                     const DatasetOptions& options,
                                     const DatasetProgress& progress) {
  require_new_folder(options.out);
  Plan plan = make_plan(sources);
  drop_duplicates(plan);
  drop_unreadable(plan, progress);
  move_patients(plan, "test", options.test_fraction, options.seed);
  move_patients(plan, "val", options.val_fraction, options.seed);
  require_separate_patients(plan);
  if (options.strict) require_no_problems(plan);
  if (!options.dry_run && !plan.images.empty()) {
    NewFolder out(options.out);
    write_images(plan, out.unfinished(), options.copy, progress);
    if (options.strict) require_no_problems(plan);
    write_problems(out.unfinished(), plan.problems);
    out.finish();
  }
  return {plan.images.size(), plan.problems, plan_table(plan)};
}

}  // namespace cxr
