#include "plan.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "base/format.h"
#include "base/stream.h"
#include "cxr/error.h"
#include "cxr/read.h"
#include "draw_patients.h"
#include "metrics/text_table.h"
#include "network/threads.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

std::string size_text(cv::Size size) {
  return std::to_string(size.width) + " x " + std::to_string(size.height);
}

/// A reason with its detail; both empty where all is well.
using Complaint = std::pair<std::string, std::string>;

Complaint complaint_of(const PlannedImage& image) {
  try {
    const cv::Size size = radiograph_size(image.from);
    for (const fs::path& mask : image.masks) {
      const cv::Size drawn = radiograph_size(mask);
      if (drawn == size) continue;
      return {"mask of another size", size_text(drawn) + ", its image " + size_text(size)};
    }
  } catch (const Error& error) {
    return {"cannot be read", error.what()};
  }
  return {};
}

/// Removes the images for which `reason_of` gives a reason, and lists them.
template <typename ReasonOf>
void drop(Plan& plan, const ReasonOf& reason_of) {
  std::vector<PlannedImage> kept;
  for (PlannedImage& image : plan.images) {
    const Complaint why = reason_of(image);
    if (why.first.empty()) {
      kept.push_back(std::move(image));
    } else {
      plan.complain(image.source, image.from.string(), why.first, why.second);
    }
  }
  plan.images = std::move(kept);
}

/// Images by the value of one field and label.
TextTable count_table(const Plan& plan, const std::string& field,
                      std::string PlannedImage::*member) {
  std::set<std::string> labels;
  std::map<std::string, std::map<std::string, std::size_t>> counts;
  for (const PlannedImage& image : plan.images) {
    if (!image.label.empty()) labels.insert(image.label);
    ++counts[image.*member][image.label];
  }
  TextTable table{{field}};
  std::ranges::copy(labels, std::back_inserter(table[0]));
  table[0].emplace_back("images");
  for (const auto& [value, by_label] : counts) {
    std::vector<std::string>& row = table.emplace_back();
    row.push_back(value);
    std::size_t all = 0;
    for (const auto& [label, count] : by_label) all += count;
    for (const std::string& label : labels) {
      const auto found = by_label.find(label);
      row.push_back(std::to_string(found == by_label.end() ? 0 : found->second));
    }
    row.push_back(std::to_string(all));
  }
  return table;
}

TextTable count_table(const std::string& title, const std::map<std::string, std::size_t>& counts) {
  TextTable table{{title, "count"}};
  for (const auto& [what, count] : counts) table.push_back({what, std::to_string(count)});
  return table;
}

}  // namespace

std::string split_folder(const PlannedImage& image) {
  return image.split == "val" ? "train" : image.split;
}

void drop_duplicates(Plan& plan) {
  // A mask has its image's name, but for the suffix.
  const auto name_of = [](const PlannedImage& image) {
    return image.masks.empty() ? image.name : fs::path(image.name).stem().string();
  };
  std::set<std::string> files, images;
  std::map<std::string, std::string> names;
  drop(plan, [&](const PlannedImage& image) -> Complaint {
    std::error_code ignored;
    const bool is_new_file = files.insert(fs::weakly_canonical(image.from, ignored)).second;
    const bool is_new_image = images.insert(image.patient + "\n" + name_of(image)).second;
    const auto [other, is_new_name] = names.try_emplace(name_of(image), image.source);
    if (!is_new_file || !is_new_image) return {"duplicate", "is in the data set already"};
    if (is_new_name) return {};
    return {"duplicate", "has the name of an image of " + other->second};
  });
}

void drop_unreadable(Plan& plan, const DatasetProgress& progress) {
  std::map<fs::path, Complaint> complaints;
  const StreamOptions options{.threads = thread_count(0), .batch_size = 16};
  const auto check = [](std::span<const PlannedImage> batch) {
    std::vector<Complaint> results(batch.size());
    std::ranges::transform(batch, results.begin(), complaint_of);
    return results;
  };
  std::size_t done = 0;
  run_stream(plan.images, options, check, [&](const PlannedImage& image, Complaint&& complaint) {
    complaints[image.from] = std::move(complaint);
    progress("checking", ++done, plan.images.size());
    return true;
  });
  drop(plan, [&](const PlannedImage& image) { return complaints[image.from]; });
}

void move_patients(Plan& plan, const std::string& split, double share, std::uint64_t seed) {
  const auto patient_of = [](const PlannedImage& image) {
    return image.patient.empty() ? image.from.string() : image.patient;
  };
  std::set<std::string> grouped;
  std::map<std::string, std::vector<std::string>> groups;
  for (const PlannedImage& image : plan.images) {
    if (image.split != "train" || !grouped.insert(patient_of(image)).second) continue;
    groups[image.source + "\n" + image.label].push_back(patient_of(image));
  }
  std::set<std::string> moved;
  for (const auto& [group, patients] : groups) {
    moved.merge(draw_patients(patients, share, split + std::to_string(seed)));
  }
  for (PlannedImage& image : plan.images) {
    if (image.split == "train" && moved.contains(patient_of(image))) image.split = split;
  }
}

void require_separate_patients(const Plan& plan) {
  std::map<std::string, const PlannedImage*> first;
  for (const PlannedImage& image : plan.images) {
    if (image.patient.empty()) continue;
    const PlannedImage& other = *first.try_emplace(image.patient, &image).first->second;
    if (other.split == image.split) continue;
    throw Error(
        "dataset", image.from.string(),
        "patient " + image.patient + " is in the splits " + other.split + " and " + image.split);
  }
}

void require_no_problems(const Plan& plan) {
  if (plan.problems.empty()) return;
  const auto& [source, subject, reason, detail] = plan.problems.front();
  std::string what = reason;
  if (!detail.empty()) what.append(" (").append(detail).append(")");
  what.append("; with --strict, nothing is made; problems: ");
  throw Error("dataset", subject, what + std::to_string(plan.problems.size()));
}

std::string plan_table(const Plan& plan) {
  std::map<std::string, std::size_t> problems;
  for (const DatasetProblem& problem : plan.problems) {
    ++problems[problem.source + ": " + problem.reason];
  }
  std::vector<TextTable> tables{count_table(plan, "split", &PlannedImage::split),
                                count_table(plan, "source", &PlannedImage::source)};
  if (!plan.left_out.empty()) tables.push_back(count_table("left out", plan.left_out));
  if (!problems.empty()) tables.push_back(count_table("problem", problems));
  std::string text;
  for (const TextTable& table : tables) {
    if (!text.empty()) text += '\n';
    text += plain_table(table);
  }
  return text;
}

}  // namespace cxr
