#include "result_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

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

int whole_number(const json& value) {
  constexpr int kMost = 1 << 24;
  if (!value.is_number_integer() || value < -kMost || value > kMost) {
    throw std::invalid_argument("not a number of pixels");
  }
  return value.get<int>();
}

cv::Rect box_from(const json& box) {
  return {whole_number(box.at(0)), whole_number(box.at(1)), whole_number(box.at(2)),
          whole_number(box.at(3))};
}

DicomUids uids_from(const json& all) {
  const auto uids = all.find("dicom_uids");
  if (uids == all.end()) return {};
  return {uids->at("study"), uids->at("series"), uids->at("instance")};
}

/// As exact as results.jsonl has them, so that a resumed run gives the same total.
Timings to_microseconds(const Timings& milliseconds) {
  const auto& [read, segment, enhance, classify, explain] = milliseconds;
  return {rounded(read, 3), rounded(segment, 3), rounded(enhance, 3), rounded(classify, 3),
          rounded(explain, 3)};
}

/// The cells of a judged image, from the prediction to the milliseconds.
std::vector<std::string> judged_cells(const Result& result) {
  const bool is_unsure = result.status == Status::unsure;
  std::vector<std::string> cells{guarded(result.prediction),
                                 is_unsure ? "" : fixed(result.probabilities[result.predicted], 4),
                                 fixed(result.lungs.quality, 4), name_of(result.status), ""};
  for (const float probability : result.probabilities) cells.push_back(fixed(probability, 6));
  const cv::Rect& box = result.lungs.box;
  for (const int value :
       {box.x, box.y, box.width, box.height, result.image_size.width, result.image_size.height}) {
    cells.push_back(std::to_string(value));
  }
  cells.push_back(result_note(result));
  cells.push_back(fixed(to_microseconds(result.milliseconds).total(), 1));
  cells.push_back(guarded(join(result.prediction_set.value_or(std::vector<std::string>()), "|")));
  return cells;
}

}  // namespace

std::vector<std::string> result_columns(const std::vector<std::string>& classes, bool dicom_uids) {
  std::vector<std::string> columns{"Image",  "Prediction", "Confidence", "Estimated Quality",
                                   "Status", "Error"};
  for (const std::string& name : classes) columns.push_back("P(" + name + ")");
  columns.insert(columns.end(), {"Box X", "Box Y", "Box Width", "Box Height", "Image Width",
                                 "Image Height", "Note", "Milliseconds", "Prediction Set", "File"});
  if (dicom_uids) {
    columns.insert(columns.end(), {"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"});
  }
  return columns;
}

std::vector<std::string> result_cells(const Result& result, const std::vector<std::string>& classes,
                                      bool dicom_uids) {
  std::vector<std::string> cells{guarded(result.name)};
  if (result.judged()) {
    const std::vector<std::string> judged = judged_cells(result);
    cells.insert(cells.end(), judged.begin(), judged.end());
  } else {
    cells.insert(cells.end(), {"", "", "", name_of(result.status), guarded(result.error)});
    cells.resize(result_columns(classes).size() - 1);
  }
  cells.push_back(guarded(result.file));
  if (dicom_uids) {
    const auto& [study, series, instance] = result.uids;
    cells.insert(cells.end(), {study, series, instance});
  }
  return cells;
}

std::string without_guard(const std::string& cell) {
  const bool is_guarded = cell.starts_with('\'') && looks_like_formula(cell.substr(1));
  return is_guarded ? cell.substr(1) : cell;
}

std::string doubt_about(const Result& result) {
  if (result.lungs.box.empty()) return "no lungs found";
  if (!result.prediction_set) return "";
  if (result.prediction_set->empty()) return "unlike any class";
  if (result.prediction_set->size() == result.probabilities.size()) {
    return "no class can be excluded";
  }
  return "";
}

std::vector<std::string> result_notes(const Result& result) {
  std::vector<std::string> notes = result.notes;
  if (result.inverted) notes.emplace_back("negative image; inverted");
  if (result.status == Status::unsure) {
    notes.push_back(doubt_about(result));
  } else if (result.lungs.box.empty()) {
    notes.emplace_back("no lungs found; whole image used");
  } else if (!result.lungs_trusted) {
    notes.emplace_back("lungs unsure; whole image used");
  }
  return notes;
}

std::string result_note(const Result& result) { return join(result_notes(result), "; "); }

ordered_json to_json(const Result& result, const std::vector<std::string>& classes) {
  ordered_json all{
      {"image", result.name}, {"file", result.file}, {"status", name_of(result.status)}};
  if (!result.stage.empty()) all["stage"] = result.stage;
  if (!result.error.empty()) all["error"] = result.error;
  if (const auto& [study, series, instance] = result.uids; !instance.empty()) {
    all["dicom_uids"] = {{"study", study}, {"series", series}, {"instance", instance}};
  }
  if (!result.judged()) return all;
  if (result.status == Status::ok) {
    all["prediction"] = result.prediction;
    all["confidence"] = result.probabilities[result.predicted];
  }
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
  const Timings time = to_microseconds(result.milliseconds);
  all["milliseconds"] = {{"read", time.read},
                         {"segment", time.segment},
                         {"enhance", time.enhance},
                         {"classify", time.classify},
                         {"explain", time.explain}};
  return all;
}

Result result_from_json(const json& all, const std::vector<std::string>& classes) {
  Result result;
  all.at("image").get_to(result.name);
  all.at("file").get_to(result.file);
  const auto status = from_name<Status>(all.at("status").get<std::string>());
  if (!status) throw std::invalid_argument("unknown status");
  result.status = *status;
  result.stage = all.value("stage", "");
  result.error = all.value("error", "");
  result.uids = uids_from(all);
  if (!result.judged()) return result;

  for (const std::string& name : classes) {
    result.probabilities.push_back(all.at("probabilities").at(name).get<float>());
  }
  const auto best = std::ranges::max_element(result.probabilities);
  result.predicted = static_cast<std::size_t>(best - result.probabilities.begin());
  if (result.status == Status::ok) {
    all.at("prediction").get_to(result.prediction);
    const auto predicted = std::ranges::find(classes, result.prediction);
    if (predicted == classes.end()) throw std::invalid_argument("unknown class");
    result.predicted = static_cast<std::size_t>(predicted - classes.begin());
  }
  if (all.contains("prediction_set")) {
    result.prediction_set = all.at("prediction_set").get<std::vector<std::string>>();
  }
  result.inverted = all.value("inverted", false);
  all.at("quality").get_to(result.lungs.quality);
  result.lungs.box = box_from(all.at("lung_box"));
  all.at("lungs_trusted").get_to(result.lungs_trusted);
  result.crop = box_from(all.at("crop"));
  result.image_size = {whole_number(all.at("size").at(0)), whole_number(all.at("size").at(1))};
  result.notes = all.value("notes", std::vector<std::string>());
  const auto& time = all.at("milliseconds");
  result.milliseconds = {time.at("read"), time.at("segment"), time.at("enhance"),
                         time.at("classify"), time.at("explain")};
  return result;
}

}  // namespace cxr
