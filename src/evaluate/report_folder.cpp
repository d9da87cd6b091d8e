#include "report_folder.h"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "base/atomic_file.h"
#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

bool is_within(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

fs::path resolved_path(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path.empty() ? "." : path), ignored);
  return whole.has_filename() ? whole : whole.parent_path();
}

void check_not_among_inputs(const EvaluationRequest& request, const EvaluationData& data,
                            const std::string& pictures) {
  std::error_code ignored;
  const fs::path out = resolved_path(request.out);
  const auto refuse = [&](const std::string& why) {
    throw UsageError("write", request.out.string(), why + "; choose another --out");
  };
  if (fs::is_directory(request.data) && is_within(out, resolved_path(request.data))) {
    refuse("is inside the folder of the radiographs");
  }
  std::set<fs::path> folders;
  for (const EvaluationRow& row : data.rows) {
    folders.insert(row.image.parent_path());
    if (!row.mask.empty()) folders.insert(row.mask.parent_path());
  }
  for (const fs::path& folder : folders) {
    const fs::path found = resolved_path(folder);
    if (found == out || found == out / pictures) refuse("contains the radiographs");
  }
  for (const char* name : {"images.csv", "metrics.json", "report.md"}) {
    if (fs::equivalent(request.out / name, request.data, ignored)) {
      refuse(std::string("the report would overwrite the manifest, ") + name);
    }
  }
}

}  // namespace

void prepare_report_folder(const EvaluationRequest& request, const EvaluationData& data,
                           const std::string& pictures) {
  check_not_among_inputs(request, data, pictures);
  const fs::path folder = request.out / pictures;
  make_folder(folder);
  std::error_code failure;
  static const std::regex ours(R"(\d{2,4}\.png)");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failure)) {
    if (std::regex_match(entry.path().filename().string(), ours)) fs::remove(entry, failure);
  }
}

void name_pictures(const std::string& folder, std::vector<WorstCase>& cases) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::ostringstream picture;
    picture << folder << '/' << std::setw(2) << std::setfill('0') << i + 1 << ".png";
    cases[i].picture = picture.str();
  }
}

void write_text(const fs::path& file, const std::string& text) {
  AtomicFile whole(file);
  whole.write(text);
  whole.finish();
}

void write_json(const fs::path& file, const nlohmann::ordered_json& json) {
  // File names need not be valid UTF-8.
  write_text(file, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace cxr
