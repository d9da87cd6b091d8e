#include "lung_box_cache.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "cxr/csv.h"
#include "cxr/error.h"
#include "cxr/segment.h"
#include "cxr/sha256.h"
#include "cxr/whole_file.h"

namespace cxr {
namespace {

constexpr std::array kColumns{"image", "x", "y", "width", "height", "quality", "segmenter"};

}  // namespace

LungBoxCache::LungBoxCache(std::filesystem::path file, const std::filesystem::path& segmenter)
    : file_(std::move(file)),
      segmenter_(sha256(segmenter)),
      network_(segmenter, Contract::Kind::segmenter) {
  if (std::filesystem::exists(file_)) load();
}

LungBox LungBoxCache::find(const std::string& name, const cv::Mat& image) {
  const auto known = boxes_.find(name);
  if (known != boxes_.end()) return known->second;
  const Segmentation seen = segment(network_, {image}).front();
  return boxes_[name] = find_lung_box(seen.lung_probability, seen.mask, image.size());
}

void LungBoxCache::save() const {
  WholeFile out(file_);
  out.write(csv_line({kColumns.begin(), kColumns.end()}));
  for (const auto& [name, lungs] : boxes_) {
    const cv::Rect& box = lungs.box;
    out.write(
        csv_line({name, std::to_string(box.x), std::to_string(box.y), std::to_string(box.width),
                  std::to_string(box.height), std::to_string(lungs.quality), segmenter_}));
  }
  out.finish();
}

void LungBoxCache::load() {
  const CsvTable table = read_csv(file_);
  std::array<std::size_t, kColumns.size()> at{};
  std::ranges::transform(kColumns, at.begin(),
                         [&](const char* name) { return table.column(name); });
  try {
    for (const auto& row : table.rows) {
      if (row[at[6]] != segmenter_) continue;
      const cv::Rect box(std::stoi(row[at[1]]), std::stoi(row[at[2]]), std::stoi(row[at[3]]),
                         std::stoi(row[at[4]]));
      boxes_[row[at[0]]] = {box, std::stod(row[at[5]])};
    }
  } catch (const std::logic_error&) {  // std::stoi and std::stod
    throw Error("training", file_.string(), "holds a box that is no box; remove the file");
  }
}

}  // namespace cxr
