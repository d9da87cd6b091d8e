#include "report_page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/by_suffix.h"
#include "base/format.h"
#include "base/json_lines.h"
#include "base/resize.h"
#include "cxr/error.h"
#include "cxr/version.h"
#include "draw/colormap.h"
#include "read/manifest.h"
#include "report_page_template.h"
#include "result_format.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kImages = "report-images.jsonl";
constexpr int kRadiographSide = 256, kCropSide = 192, kHeatSide = 48, kOutlineWidth = 1000;
constexpr int kQuality = 60;

cv::Mat shrunk(const cv::Mat& image, int longest) {
  if (std::max(image.rows, image.cols) <= longest) return image;
  return resized(image, with_longer_side(image.size(), longest));
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // with the zero that OpenSSL appends
  const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                       static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string webp(const cv::Mat& image) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(".webp", image, bytes, {cv::IMWRITE_WEBP_QUALITY, kQuality});
  return base64(bytes);
}

/// The outlines of the mask, which may be of another shape than the image that it is of.
std::string outline_of(const cv::Mat& mask, const cv::Size& image) {
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(mask, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  const double across = static_cast<double>(kOutlineWidth) / mask.cols;
  const double height = static_cast<double>(kOutlineWidth) * image.height / image.width;
  const double down = height / mask.rows;
  std::ostringstream path;
  for (const auto& outline : outlines) {
    std::vector<cv::Point> corners;
    cv::approxPolyDP(outline, corners, 0.8, true);
    if (corners.size() < 3) continue;
    char command = 'M';
    for (const cv::Point& corner : corners) {
      path << command << cvRound((corner.x + 0.5) * across) << ' '
           << cvRound((corner.y + 0.5) * down);
      command = 'L';
    }
    path << 'Z';
  }
  return path.str();
}

/// What the page's script is given, by short names: there may be thousands.
ordered_json entry_of(const ResultRecord& record, const std::vector<std::string>& classes) {
  const json all = json::parse(record.line);
  ordered_json entry{{"name", record.result.name}, {"status", name_of(record.result.status)}};
  if (all.contains("error")) entry["error"] = all.at("error");
  if (!record.result.judged() || record.result.prediction.empty()) return entry;
  entry["class"] = record.result.predicted;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    entry["p"].push_back(rounded(record.result.probabilities[i], 4));
  }
  entry["quality"] = rounded(record.result.lungs.quality, 3);
  for (const char* key : {"size", "crop", "lung_box"}) entry[key] = all.at(key);
  if (const std::string note = result_note(record.result); !note.empty()) entry["note"] = note;
  if (all.contains("pictures")) entry["pictures"] = all.at("pictures");
  return entry;
}

std::map<std::string, std::string> read_labels(const fs::path& file) {
  const ManifestTable manifest(file, {"image", "label"});
  std::map<std::string, std::string> labels;
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    labels[manifest.cell(i, "image")] = manifest.cell(i, "label");
  }
  return labels;
}

/// The label of each record, by its place; none where there is none.
std::map<std::size_t, std::string> labels_of(const std::vector<ResultRecord>& records,
                                             const std::map<std::string, std::string>& labels) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < records.size(); ++i) places[records[i].result.name] = i;
  std::map<std::size_t, std::string> found;
  for (const auto& [image, label] : labels) {
    const auto place = find_by_suffix(places, image);
    if (place != places.end()) found[place->second] = label;
  }
  return found;
}

/// The last small pictures of each image.
std::map<std::string, json> read_images(const fs::path& file) {
  std::map<std::string, json> images;
  for_each_json_line(file, [&](const std::string&, const json& entry) {
    if (!entry.contains("image")) return;
    json pictures = entry;
    pictures.erase("image");
    images[entry.at("image").get<std::string>()] = std::move(pictures);
  });
  return images;
}

/// JSON that may stand in a script element: no `<` could end that or begin a comment.
std::string embedded(const ordered_json& document) {
  std::string safe;
  for (const char letter : document.dump(-1, ' ', false, ordered_json::error_handler_t::replace)) {
    if (letter == '<') {
      safe += "\\u003c";
    } else {
      safe += letter;
    }
  }
  return safe;
}

}  // namespace

ReportImages report_images_of(const Analysis& analysis, const HeatmapOptions& options) {
  const auto& [result, intermediates] = analysis;
  ReportImages images;
  images.radiograph = webp(shrunk(intermediates.image, kRadiographSide));
  images.crop = webp(shrunk(intermediates.enhanced, kCropSide));
  images.outline = outline_of(intermediates.lung_mask, result.image_size);
  if (!intermediates.heat_map.empty()) {
    images.heat_map = webp(apply_colormap(shrunk(intermediates.heat_map, kHeatSide), options.cmap));
  }
  return images;
}

ReportPage::ReportPage(fs::path folder, std::size_t images, const std::optional<fs::path>& labels)
    : folder_(std::move(folder)), embeds_(images <= kMostEmbedded) {
  if (labels) labels_ = read_labels(*labels);
}

void ReportPage::add(const std::string& image, const ReportImages& images) const {
  if (!embeds_ || images.radiograph.empty()) return;
  const ordered_json entry{{"image", image},
                           {"radiograph", images.radiograph},
                           {"crop", images.crop},
                           {"heat", images.heat_map},
                           {"outline", images.outline}};
  std::ofstream stream(folder_ / kImages, std::ios::binary | std::ios::app);
  stream << json_line(entry) << std::flush;
  if (!stream) throw Error("write", (folder_ / kImages).string(), "cannot be written");
}

void ReportPage::write(const std::vector<ResultRecord>& records,
                       const std::vector<std::string>& classes) const {
  const std::map<std::string, json> images =
      embeds_ ? read_images(folder_ / kImages) : std::map<std::string, json>();
  std::map<std::size_t, std::string> truths;
  ordered_json document{{"version", version()}, {"classes", classes}};
  if (labels_) {
    truths = labels_of(records, *labels_);
    document["labelled"] = truths.size();
  }
  document["images"] = ordered_json::array();
  for (std::size_t i = 0; i < records.size(); ++i) {
    ordered_json entry = entry_of(records[i], classes);
    if (truths.contains(i)) entry["label"] = truths.at(i);
    const auto found = images.find(records[i].result.name);
    if (found != images.end() && entry.contains("class")) entry["thumbnail"] = found->second;
    document["images"].push_back(std::move(entry));
  }
  const std::string page = kReportPageTemplate;
  const std::string mark = "@DATA@";
  const std::size_t at = page.find(mark);
  AtomicFile file(folder_ / "report.html");
  file.write(page.substr(0, at));
  file.write(embedded(document));
  file.write(page.substr(at + mark.size()));
  file.finish();
}

}  // namespace cxr
