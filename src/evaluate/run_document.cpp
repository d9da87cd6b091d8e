#include "run_document.h"

#include "base/format.h"
#include "metrics/text_table.h"

namespace cxr {

std::string run_summary(const EvaluationRun& run) {
  std::string result = "**For research only, not for diagnosis.**\n\n- Data: " +
                       markdown_code(run.request.data.string());
  if (run.request.split.empty()) {
    result += ", all rows\n";
  } else {
    result += ", split " + markdown_code(run.request.split) + " (" + counted(run.left_out, "row") +
              " of other splits not used)\n";
  }
  result += "- Images: " + std::to_string(run.images);
  if (!run.failures.empty()) {
    result += ", of which " + std::to_string(run.failures.size()) + " failed and are not counted";
  }
  result += "; patients: " + std::to_string(run.patients) +
            " (an image without a patient counts as one)\n";
  for (const auto& [kind, file] : run.evaluated)
    result += "- " + kind + ": " + markdown_code(file) + "\n";
  if (run.request.bootstrap > 0) {
    result += "- In parentheses: 95 % intervals from " + std::to_string(run.request.bootstrap) +
              " bootstrap resamples of patients\n";
  }
  return result + "- " + kUndefined +
         ": undefined, such as the sensitivity of a class without images\n\n";
}

std::string failure_section(const EvaluationRun& run) {
  if (run.failures.empty()) return "";
  TextTable table{{"Image", "Error"}};
  for (const auto& [name, error] : run.failures) table.push_back({name, error});
  return "## Failed images\n\n" + markdown_table(table) + "\n";
}

nlohmann::ordered_json run_json(const EvaluationRun& run) {
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const auto& [name, error] : run.failures) {
    failures.push_back({{"image", name}, {"error", error}});
  }
  nlohmann::ordered_json json;
  json["data"] = run.request.data.string();
  json["split"] = nullptr;
  if (!run.request.split.empty()) json["split"] = run.request.split;
  for (const auto& [kind, file] : run.evaluated) json[kind] = file;
  json["images"] = run.images;
  json["failed"] = run.failures.size();
  json["patients"] = run.patients;
  json["bootstrap"] = {{"resamples", run.request.bootstrap}, {"seed", kBootstrapSeed}};
  json["failures"] = std::move(failures);
  return json;
}

}  // namespace cxr
