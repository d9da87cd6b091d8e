#include "report_labels.h"

#include <algorithm>
#include <sstream>

#include "base/format.h"
#include "base/listing.h"
#include "base/path_index.h"
#include "base/utf8.h"
#include "cxr/error.h"
#include "read/manifest.h"

namespace cxr {

ReportLabels::ReportLabels(const std::filesystem::path& file) : file_(file) {
  try {
    const ManifestTable manifest(file, {"image", "label"});
    for (std::size_t i = 0; i < manifest.size(); ++i) {
      labels_[manifest.cell(i, "image")] = manifest.cell(i, "label");
    }
  } catch (const Error& error) {
    throw UsageError("--labels", "", error.what());
  }
}

std::map<std::size_t, std::string> ReportLabels::find(
    const std::vector<std::string>& images) const {
  PathIndex places;
  for (std::size_t i = 0; i < images.size(); ++i) places.add(images[i], i);
  std::map<std::size_t, std::string> found;
  for (const auto& [image, label] : labels_) {
    if (const auto place = places.find(image)) found[*place] = label;
  }
  return found;
}

std::string ReportLabels::describe(const std::vector<std::string>& images,
                                   const std::vector<std::string>& classes) const {
  std::map<std::string, std::size_t> unknown;
  for (const auto& [image, label] : labels_) {
    if (std::ranges::count(classes, label) == 0) ++unknown[label];
  }
  std::vector<std::string> names;
  for (const auto& [label, count] : unknown) {
    std::ostringstream name;
    name << '\'' << to_utf8(label) << "' (" << counted(count, "image") << ')';
    names.push_back(name.str());
  }
  return file_.string() + ": " + std::to_string(find(images).size()) + " of " +
         counted(labels_.size(), "labelled image") + " in this run" +
         (names.empty() ? ""
                        : "; unknown classes: " + first_of(names, ", ") +
                              "; the classifier's classes: " + join(classes));
}

}  // namespace cxr
