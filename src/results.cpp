#include "cxr/results.h"

#include "format.h"

namespace cxr {

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
  const std::string status = finding.failed() ? "error" : "ok";
  if (finding.prediction.empty()) {
    std::vector<std::string> cells{finding.name, "", "", "", status, finding.error};
    cells.resize(result_columns(classes).size());
    return cells;
  }
  std::vector<std::string> cells{finding.name,
                                 finding.prediction,
                                 fixed(finding.probabilities[finding.predicted], 4),
                                 fixed(finding.lungs.quality, 4),
                                 status,
                                 finding.error};
  for (const float probability : finding.probabilities) cells.push_back(fixed(probability, 6));
  const cv::Rect& box = finding.lungs.box;
  for (const int value :
       {box.x, box.y, box.width, box.height, finding.image_size.width, finding.image_size.height}) {
    cells.push_back(std::to_string(value));
  }
  cells.push_back(crop_note(finding));
  cells.push_back(fixed(finding.milliseconds, 1));
  return cells;
}

std::string crop_note(const Finding& finding) {
  if (finding.lungs.box.empty()) return "no lungs found; whole image used";
  if (!finding.lungs_trusted) return "lungs unsure; whole image used";
  return "";
}

}  // namespace cxr
