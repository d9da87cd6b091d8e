#include "infer_messages.h"

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "cxr/error.h"

namespace cxr {

std::string model_info(const PipelineOptions& options) {
  const Pipeline pipeline(options);
  nlohmann::ordered_json all;
  const auto add = [&](const char* name, const std::filesystem::path& file,
                       const Network& network) {
    all[name] = {{"file", file.string()}, {"sha256", network.sha256()}};
    all[name].update(nlohmann::ordered_json(to_json(network.contract())));
  };
  add("segmenter", options.segmenter.file, pipeline.segmenter());
  add("classifier", options.classifier.file, pipeline.classifier());
  return all.dump(2) + "\n";
}

std::string nothing_found(const InferenceRequest& request) {
  const auto& paths = request.radiographs;
  return "cxr-infer: no images found in " +
         (paths.size() == 1 ? paths[0].string() : "the given paths") + "\n";
}

std::string summary_line(const InferenceSummary& summary, const InferenceRequest& request,
                         double seconds) {
  const std::size_t judged = summary.done - summary.kept;
  std::vector<std::string> parts{counted(summary.done, "image")};
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) parts.push_back(std::to_string(count) + what);
  };
  add(summary.kept, " from the earlier run");
  add(summary.skipped, " skipped");
  add(summary.unsure, " unsure");
  parts.push_back(std::to_string(summary.failed) + " failed");
  parts.push_back(fixed(seconds, 1) + " s");
  parts.push_back(fixed(static_cast<double>(judged) / seconds, 1) + " images/s");
  if (request.output) parts.push_back("report: " + (*request.output / "report.html").string());
  const bool is_idle = judged == 0 && !summary.interrupted;
  return (is_idle ? "Nothing left to do: " : "") + join(parts) +
         ". For research only, not for diagnosis.\n";
}

std::string interruption(const InferenceSummary& summary, const InferenceRequest& request) {
  return "cxr-infer: interrupted; " + std::to_string(summary.images - summary.done) + " of " +
         std::to_string(summary.images) + " images were not processed" +
         (request.output ? "; continue with --resume\n" : "\n");
}

}  // namespace cxr
