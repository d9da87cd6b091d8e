#include "cxr/results.h"

#include <nlohmann/json.hpp>

#include "format.h"

namespace cxr {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kFormulaStarts = "=+-@\t\r";

bool looks_like_formula(const std::string& text) { return text.find_first_of(kFormulaStarts) == 0; }

std::string guarded(const std::string& text) {
  return looks_like_formula(text) ? "'" + text : text;
}

ordered_json to_json(const cv::Rect& box) {
  return ordered_json::array({box.x, box.y, box.width, box.height});
}

cv::Rect box_from(const json& box) {
  return {box.at(0).get<int>(), box.at(1).get<int>(), box.at(2).get<int>(), box.at(3).get<int>()};
}

Status status_from(const std::string& name) {
  for (const Status status : {Status::skipped, Status::error}) {
    if (name == to_string(status)) return status;
  }
  return Status::ok;
}

}  // namespace

std::vector<std::string> result_columns(const std::vector<std::string>& classes) {
  std::vector<std::string> columns{"Image",  "Prediction", "Confidence", "Estimated Quality",
                                   "Status", "Error"};
  for (const std::string& name : classes) columns.push_back("P(" + name + ")");
  columns.insert(columns.end(), {"Box X", "Box Y", "Box Width", "Box Height", "Image Width",
                                 "Image Height", "Note", "Milliseconds"});
  return columns;
}

std::vector<std::string> result_cells(const Finding& finding,
                                      const std::vector<std::string>& classes) {
  const std::string name = guarded(finding.name), status = to_string(finding.status);
  const std::string error = guarded(finding.error);
  if (finding.prediction.empty()) {
    std::vector<std::string> cells{name, "", "", "", status, error};
    cells.resize(result_columns(classes).size());
    return cells;
  }
  std::vector<std::string> cells{name,
                                 guarded(finding.prediction),
                                 fixed(finding.probabilities[finding.predicted], 4),
                                 fixed(finding.lungs.quality, 4),
                                 status,
                                 error};
  for (const float probability : finding.probabilities) cells.push_back(fixed(probability, 6));
  const cv::Rect& box = finding.lungs.box;
  for (const int value :
       {box.x, box.y, box.width, box.height, finding.image_size.width, finding.image_size.height}) {
    cells.push_back(std::to_string(value));
  }
  cells.push_back(crop_note(finding));
  cells.push_back(fixed(finding.milliseconds.total(), 1));
  return cells;
}

std::string without_guard(const std::string& cell) {
  const bool is_guarded = cell.starts_with('\'') && looks_like_formula(cell.substr(1));
  return is_guarded ? cell.substr(1) : cell;
}

std::string crop_note(const Finding& finding) {
  if (finding.lungs.box.empty()) return "no lungs found; whole image used";
  if (!finding.lungs_trusted) return "lungs unsure; whole image used";
  return "";
}

ordered_json to_json(const Finding& finding, const std::vector<std::string>& classes) {
  ordered_json all{{"image", finding.name}, {"status", to_string(finding.status)}};
  if (!finding.error.empty()) all["error"] = finding.error;
  if (finding.prediction.empty()) return all;
  all["prediction"] = finding.prediction;
  all["confidence"] = finding.probabilities[finding.predicted];
  for (std::size_t i = 0; i < classes.size(); ++i) {
    all["probabilities"][classes[i]] = finding.probabilities[i];
  }
  all["quality"] = finding.lungs.quality;
  all["lung_box"] = to_json(finding.lungs.box);
  all["lungs_trusted"] = finding.lungs_trusted;
  all["crop"] = to_json(finding.crop);
  all["size"] = ordered_json::array({finding.image_size.width, finding.image_size.height});
  all["warnings"] = ordered_json::array();
  if (const std::string note = crop_note(finding); !note.empty()) all["warnings"].push_back(note);
  const Timings& time = finding.milliseconds;
  all["milliseconds"] = {{"read", rounded(time.read, 3)},
                         {"segment", rounded(time.segment, 3)},
                         {"enhance", rounded(time.enhance, 3)},
                         {"classify", rounded(time.classify, 3)},
                         {"explain", rounded(time.explain, 3)}};
  return all;
}

Finding finding_from_json(const json& all, const std::vector<std::string>& classes) {
  Finding finding;
  all.at("image").get_to(finding.name);
  finding.status = status_from(all.at("status").get<std::string>());
  finding.error = all.value("error", "");
  if (!all.contains("prediction")) {
    if (finding.judged()) all.at("prediction");  // throws
    return finding;
  }
  all.at("prediction").get_to(finding.prediction);
  for (const std::string& name : classes) {
    finding.probabilities.push_back(all.at("probabilities").at(name).get<float>());
    if (name == finding.prediction) finding.predicted = finding.probabilities.size() - 1;
  }
  all.at("quality").get_to(finding.lungs.quality);
  finding.lungs.box = box_from(all.at("lung_box"));
  all.at("lungs_trusted").get_to(finding.lungs_trusted);
  finding.crop = box_from(all.at("crop"));
  finding.image_size = {all.at("size").at(0).get<int>(), all.at("size").at(1).get<int>()};
  const auto& time = all.at("milliseconds");
  finding.milliseconds = {time.at("read"), time.at("segment"), time.at("enhance"),
                          time.at("classify"), time.at("explain")};
  return finding;
}

}  // namespace cxr
