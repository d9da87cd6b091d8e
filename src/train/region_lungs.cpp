#include "region_lungs.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "cxr/error.h"

namespace cxr {
namespace {

constexpr const char* kRegionsStage = "regions";

/// How many parts at the end of two paths are the same.
std::size_t common_end(const std::filesystem::path& one, const std::filesystem::path& other) {
  const std::vector<std::filesystem::path> a(one.begin(), one.end());
  const std::vector<std::filesystem::path> b(other.begin(), other.end());
  const auto differ = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  return static_cast<std::size_t>(differ.first - a.rbegin());
}

/// The box in a mask of a segmenter's usual resolution.
cv::Mat mask_of(const cv::Rect& box, cv::Size size) {
  constexpr int kSide = 224;
  cv::Mat mask(kSide, kSide, CV_8UC1, cv::Scalar(0));
  const auto scaled = [](int value, int of) {
    return cvRound(static_cast<double>(value) * kSide / of);
  };
  const cv::Point begin(scaled(box.x, size.width), scaled(box.y, size.height));
  const cv::Point end(scaled(box.br().x, size.width), scaled(box.br().y, size.height));
  mask(cv::Rect(begin, end) & cv::Rect(0, 0, kSide, kSide)) = 255;
  return mask;
}

}  // namespace

RegionLungs::RegionLungs(const std::filesystem::path& file) : file_(file) {
  for (Region& region : read_regions(file)) {
    const std::string name = std::filesystem::path(region.file).filename().string();
    regions_.emplace(name, std::move(region));
  }
}

Lungs RegionLungs::find(const std::filesystem::path& image, cv::Size size) const {
  const auto [begin, end] = regions_.equal_range(image.filename().string());
  const Region* best = nullptr;
  std::size_t most = 0;
  bool is_clear = true;
  for (auto at = begin; at != end; ++at) {
    const Region& region = at->second;
    const std::size_t common = common_end(region.file, image);
    if (best == nullptr || common > most) {
      best = &region;
      most = common;
      is_clear = true;
    } else if (common == most && region.box != best->box) {
      is_clear = false;
    }
  }
  if (best == nullptr) {
    throw Error(kRegionsStage, file_.string(), "has no row for " + image.string());
  }
  if (!is_clear) {
    throw Error(kRegionsStage, file_.string(), "has several rows for " + image.string());
  }
  const cv::Rect box = best->box & cv::Rect({}, size);
  return {{box, box.empty() ? 0 : best->confidence}, mask_of(box, size)};
}

}  // namespace cxr
