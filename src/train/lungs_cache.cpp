#include "lungs_cache.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/sha256.h"
#include "cxr/error.h"
#include "pipeline/finite.h"
#include "pipeline/segment.h"

namespace cxr {
namespace {

constexpr std::array kColumns{"image",  "x",       "y",         "width",
                              "height", "quality", "segmenter", "lungs"};

std::string to_runs(const cv::Mat& mask) {
  std::string runs;
  uchar value = 0;
  int length = 0;
  const auto end = [&] { runs.append(std::to_string(length)).append(1, ' '); };
  for (const uchar pixel : cv::Mat_<uchar>(mask)) {
    if (pixel != value) {
      end();
      value = pixel;
      length = 0;
    }
    ++length;
  }
  end();
  return runs;
}

/// Throws std::out_of_range where the runs are not those of a mask of this size.
cv::Mat from_runs(const std::string& runs, cv::Size size) {
  cv::Mat mask(size, CV_8UC1, cv::Scalar(0));
  const int pixels = size.area();
  const char* const end = runs.data() + runs.size();
  int at = 0;
  int length = 0;
  uchar value = 0;
  for (const char* next = runs.data(); next < end; ++next) {
    next = std::from_chars(next, end, length).ptr;
    if (length < 0 || length > pixels - at) throw std::out_of_range("runs");
    std::fill_n(mask.data + at, length, value);
    at += length;
    value = static_cast<uchar>(255 - value);
  }
  if (at != pixels) throw std::out_of_range("runs");
  return mask;
}

std::string way_of_finding(const std::filesystem::path& segmenter, double smallest_component,
                           Precision precision) {
  std::ostringstream text;
  text << sha256(segmenter);
  if (smallest_component != kSpeck) text << " smallest_component=" << smallest_component;
  if (precision != Precision::float32) text << " precision=" << name_of(precision);
  return text.str();
}

}  // namespace

LungsCache::LungsCache(std::filesystem::path file, const std::filesystem::path& segmenter,
                       double smallest_component, Precision precision)
    : file_(std::move(file)),
      smallest_component_(smallest_component),
      segmenter_(way_of_finding(segmenter, smallest_component, precision)),
      network_(segmenter, Contract::Kind::segmenter, {}, "cpu", precision) {
  if (std::filesystem::exists(file_)) load();
}

std::vector<Lungs> LungsCache::find(const std::vector<std::string>& names,
                                    const std::vector<cv::Mat>& images) {
  const NetworkInput& input = network_.contract().input;
  std::vector<Lungs> lungs(names.size());
  std::vector<std::size_t> missing;
  std::vector<cv::Mat> missing_images;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::scoped_lock lock(mutex_);
    const auto known = entries_.find(names[i]);
    if (known != entries_.end()) {
      const auto& [box, runs] = known->second;
      lungs[i] = {box, from_runs(runs, {input.width, input.height})};
    } else {
      missing.push_back(i);
      missing_images.push_back(images[i]);
    }
  }
  const std::vector<Segmentation> seen = segment(network_, missing_images);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const auto& [probability, mask] = seen[i];
    require_finite({probability.ptr<float>(), probability.total()}, "segment", network_);
    lungs[missing[i]] = {
        find_lung_box(probability, mask, missing_images[i].size(), smallest_component_), mask};
    const std::scoped_lock lock(mutex_);
    entries_[names[missing[i]]] = {lungs[missing[i]].box, to_runs(mask)};
    changed_ = true;
  }
  return lungs;
}

void LungsCache::save() {
  const std::scoped_lock lock(mutex_);
  if (!changed_) return;
  AtomicFile out(file_);
  out.write(csv_line({kColumns.begin(), kColumns.end()}));
  for (const auto& [name, lungs] : entries_) {
    const cv::Rect& box = lungs.box.box;
    out.write(csv_line({name, std::to_string(box.x), std::to_string(box.y),
                        std::to_string(box.width), std::to_string(box.height),
                        std::to_string(lungs.box.quality), segmenter_, lungs.runs}));
  }
  out.finish();
  changed_ = false;
}

void LungsCache::load() {
  const CsvTable table = read_csv(file_);
  std::array<std::size_t, kColumns.size()> at{};
  std::ranges::transform(kColumns, at.begin(),
                         [&](const char* name) { return table.column(name); });
  const NetworkInput& input = network_.contract().input;
  try {
    for (const auto& row : table.rows) {
      if (row[at[6]] != segmenter_) continue;
      const cv::Rect box(std::stoi(row[at[1]]), std::stoi(row[at[2]]), std::stoi(row[at[3]]),
                         std::stoi(row[at[4]]));
      from_runs(row[at[7]], {input.width, input.height});
      entries_[row[at[0]]] = {{box, std::stod(row[at[5]])}, row[at[7]]};
    }
  } catch (const std::logic_error&) {  // std::stoi, std::stod and from_runs()
    throw Error("training", file_.string(), "is damaged; remove the file");
  }
}

}  // namespace cxr
