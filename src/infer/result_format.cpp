#include "result_format.h"

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "cxr/error.h"

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

}  // namespace

std::vector<std::string> result_columns(const std::vector<std::string>& classes) {
  std::vector<std::string> columns{"Image",  "Prediction", "Confidence", "Estimated Quality",
                                   "Status", "Error"};
  for (const std::string& name : classes) columns.push_back("P(" + name + ")");
  columns.insert(columns.end(), {"Box X", "Box Y", "Box Width", "Box Height", "Image Width",
                                 "Image Height", "Note", "Milliseconds", "Prediction Set"});
  return columns;
}

std::vector<std::string> result_cells(const Result& result,
                                      const std::vector<std::string>& classes) {
  const std::string name = guarded(result.name), status = name_of(result.status);
  const std::string error = guarded(result.error);
  if (result.prediction.empty()) {
    std::vector<std::string> cells{name, "", "", "", status, error};
    cells.resize(result_columns(classes).size());
    return cells;
  }
  std::vector<std::string> cells{name,
                                 guarded(result.prediction),
                                 fixed(result.probabilities[result.predicted], 4),
                                 fixed(result.lungs.quality, 4),
                                 status,
                                 error};
  for (const float probability : result.probabilities) cells.push_back(fixed(probability, 6));
  const cv::Rect& box = result.lungs.box;
  for (const int value :
       {box.x, box.y, box.width, box.height, result.image_size.width, result.image_size.height}) {
    cells.push_back(std::to_string(value));
  }
  cells.push_back(result_note(result));
  cells.push_back(fixed(result.milliseconds.total(), 1));
  cells.push_back(guarded(join(result.prediction_set.value_or(std::vector<std::string>()), "|")));
  return cells;
}

std::string without_guard(const std::string& cell) {
  const bool is_guarded = cell.starts_with('\'') && looks_like_formula(cell.substr(1));
  return is_guarded ? cell.substr(1) : cell;
}

std::vector<std::string> result_notes(const Result& result) {
  std::vector<std::string> notes = result.notes;
  if (result.inverted) notes.emplace_back("negative image; inverted");
  if (result.lungs.box.empty()) {
    notes.emplace_back("no lungs found; whole image used");
  } else if (!result.lungs_trusted) {
    notes.emplace_back("lungs unsure; whole image used");
  }
  return notes;
}

std::string result_note(const Result& result) { return join(result_notes(result), "; "); }

ordered_json to_json(const Result& result, const std::vector<std::string>& classes) {
  ordered_json all{{"image", result.name}, {"status", name_of(result.status)}};
  if (!result.stage.empty()) all["stage"] = result.stage;
  if (!result.error.empty()) all["error"] = result.error;
  if (result.prediction.empty()) return all;
  all["prediction"] = result.prediction;
  all["confidence"] = result.probabilities[result.predicted];
  for (std::size_t i = 0; i < classes.size(); ++i) {
    all["probabilities"][classes[i]] = result.probabilities[i];
  }
  if (result.prediction_set) all["prediction_set"] = *result.prediction_set;
  all["inverted"] = result.inverted;
  all["quality"] = result.lungs.quality;
  all["lung_box"] = to_json(result.lungs.box);
  all["lungs_trusted"] = result.lungs_trusted;
  all["crop"] = to_json(result.crop);
  all["size"] = ordered_json::array({result.image_size.width, result.image_size.height});
  all["warnings"] = result_notes(result);
  if (!result.notes.empty()) all["notes"] = result.notes;
  const Timings& time = result.milliseconds;
  all["milliseconds"] = {{"read", rounded(time.read, 3)},
                         {"segment", rounded(time.segment, 3)},
                         {"enhance", rounded(time.enhance, 3)},
                         {"classify", rounded(time.classify, 3)},
                         {"explain", rounded(time.explain, 3)}};
  return all;
}

Result result_from_json(const json& all, const std::vector<std::string>& classes) {
  Result result;
  all.at("image").get_to(result.name);
  result.status = from_name<Status>(all.at("status").get<std::string>()).value_or(Status::ok);
  result.stage = all.value("stage", "");
  result.error = all.value("error", "");
  if (!all.contains("prediction")) {
    if (result.judged()) all.at("prediction");  // throws
    return result;
  }
  all.at("prediction").get_to(result.prediction);
  for (const std::string& name : classes) {
    result.probabilities.push_back(all.at("probabilities").at(name).get<float>());
    if (name == result.prediction) result.predicted = result.probabilities.size() - 1;
  }
  if (all.contains("prediction_set")) {
    result.prediction_set = all.at("prediction_set").get<std::vector<std::string>>();
  }
  result.inverted = all.value("inverted", false);
  all.at("quality").get_to(result.lungs.quality);
  result.lungs.box = box_from(all.at("lung_box"));
  all.at("lungs_trusted").get_to(result.lungs_trusted);
  result.crop = box_from(all.at("crop"));
  result.image_size = {all.at("size").at(0).get<int>(), all.at("size").at(1).get<int>()};
  result.notes = all.value("notes", std::vector<std::string>());
  const auto& time = all.at("milliseconds");
  result.milliseconds = {time.at("read"), time.at("segment"), time.at("enhance"),
                         time.at("classify"), time.at("explain")};
  return result;
}

}  // namespace cxr
