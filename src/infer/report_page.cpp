#include "report_page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/format.h"
#include "base/json_lines.h"
#include "base/resize.h"
#include "cxr/version.h"
#include "draw/colormap.h"
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

/// The outlines of a mask, whose aspect ratio may differ from the image's.
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

/// The colours of a heat map with its opacity (BGRA).
cv::Mat translucent(const cv::Mat& heat, const std::string& colormap) {
  cv::Mat alpha, colours;
  heat_opacity(heat).convertTo(alpha, CV_8U, 255);
  cv::merge(std::vector<cv::Mat>{apply_colormap(heat, colormap), alpha}, colours);
  return colours;
}

/// The colours of a map from 0 to 1, as CSS writes them.
std::vector<std::string> css_colours(const std::string& colormap) {
  constexpr int kSteps = 11;
  cv::Mat ramp(1, kSteps, CV_32FC1);
  for (int i = 0; i < kSteps; ++i) ramp.at<float>(i) = static_cast<float>(i) / (kSteps - 1);
  const cv::Mat colours = apply_colormap(ramp, colormap);
  std::vector<std::string> css;
  for (int i = 0; i < kSteps; ++i) {
    const auto& colour = colours.at<cv::Vec3b>(i);
    css.push_back("rgb(" + std::to_string(colour[2]) + "," + std::to_string(colour[1]) + "," +
                  std::to_string(colour[0]) + ")");
  }
  return css;
}

/// An error without its stage and file, which are told apart: what many images have in common.
std::string reason_of(const Result& result) {
  for (const std::string& start : {result.stage + ": " + result.file + ": ", result.stage + ": "}) {
    if (result.error.starts_with(start)) return result.error.substr(start.size());
  }
  return result.error;
}

/// What the page says of the run.
ordered_json facts_of(const json& run, const json& models) {
  ordered_json facts;
  for (const char* key : {"started", "seconds", "images", "done_before", "state", "directory",
                          "command", "device", "precision", "threads", "configuration"}) {
    if (run.contains(key)) facts[key] = run.at(key);
  }
  for (const auto& [kind, model] : models.items()) {
    facts["models"].push_back({{"kind", kind},
                               {"name", model.at("name")},
                               {"version", model.at("version")},
                               {"sha256", model.at("sha256")}});
  }
  return facts;
}

/// What the page's script gets, by short names: there may be thousands.
ordered_json entry_of(const ResultRecord& record, const std::vector<std::string>& classes) {
  const json all = json::parse(record.line);
  ordered_json entry{{"name", record.result.name}, {"status", name_of(record.result.status)}};
  if (all.contains("error")) {
    entry["error"] = all.at("error");
    entry["reason"] = reason_of(record.result);
  }
  if (!record.result.judged()) return entry;
  if (record.result.status == Status::ok) entry["class"] = record.result.predicted;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    entry["p"].push_back(rounded(record.result.probabilities[i], 4));
  }
  entry["quality"] = rounded(record.result.lungs.quality, 3);
  for (const char* key : {"size", "crop", "lung_box"}) entry[key] = all.at(key);
  if (const std::string note = result_note(record.result); !note.empty()) entry["note"] = note;
  if (all.contains("pictures")) entry["pictures"] = all.at("pictures");
  return entry;
}

std::vector<std::string> names_of(const std::vector<ResultRecord>& records) {
  std::vector<std::string> names(records.size());
  std::ranges::transform(records, names.begin(),
                         [](const ResultRecord& record) { return record.result.name; });
  return names;
}

/// The last thumbnails of each image. A line that was edited is skipped.
std::map<std::string, json> read_images(const fs::path& file) {
  std::map<std::string, json> images;
  for_each_json_line(file, [&](const std::string&, const json& entry) {
    const auto is_text = [&](const char* key) {
      return entry.contains(key) && entry.at(key).is_string();
    };
    if (!std::ranges::all_of(std::array{"image", "radiograph", "crop", "heat", "outline"},
                             is_text)) {
      return;
    }
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
    images.heat_map = webp(translucent(shrunk(intermediates.heat_map, kHeatSide), options.cmap));
  }
  return images;
}

ReportPage::ReportPage(fs::path folder, std::string title, std::string colormap, std::size_t images,
                       std::optional<ReportLabels> labels)
    : folder_(std::move(folder)),
      title_(std::move(title)),
      colormap_(std::move(colormap)),
      embeds_(images <= kMostEmbedded),
      labels_(std::move(labels)) {}

void ReportPage::open() {
  if (embeds_) images_.emplace(folder_ / kImages);
}

std::set<std::string> ReportPage::thumbnails() const {
  std::set<std::string> names;
  for (const auto& [name, pictures] : read_images(folder_ / kImages)) names.insert(name);
  return names;
}

void ReportPage::add(const std::string& image, const ReportImages& images) {
  if (!images_ || images.radiograph.empty()) return;
  const ordered_json entry{{"image", image},
                           {"radiograph", images.radiograph},
                           {"crop", images.crop},
                           {"heat", images.heat_map},
                           {"outline", images.outline}};
  images_->append(json_line(entry));
}

void ReportPage::sync() {
  if (images_) images_->sync();
}

void ReportPage::write(const std::vector<ResultRecord>& records,
                       const std::vector<std::string>& classes, const json& run,
                       const json& models) const {
  const std::map<std::string, json> images =
      embeds_ ? read_images(folder_ / kImages) : std::map<std::string, json>();
  std::map<std::size_t, std::string> truths;
  ordered_json document{{"version", version()},
                        {"title", title_},
                        {"classes", classes},
                        {"colours", css_colours(colormap_)},
                        {"run", facts_of(run, models)}};
  if (labels_) {
    truths = labels_->find(names_of(records));
    document["labelled"] = truths.size();
  }
  document["images"] = ordered_json::array();
  for (std::size_t i = 0; i < records.size(); ++i) {
    ordered_json entry = entry_of(records[i], classes);
    if (truths.contains(i)) entry["label"] = truths.at(i);
    const auto found = images.find(records[i].result.name);
    if (found != images.end() && entry.contains("p")) entry["thumbnail"] = found->second;
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
