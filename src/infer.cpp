#include "cxr/infer.h"

#include <algorithm>
#include <iomanip>
#include <memory>
#include <ostream>
#include <set>
#include <sstream>
#include <vector>

#include "cxr/csv.h"
#include "cxr/error.h"
#include "cxr/inputs.h"
#include "cxr/picture.h"
#include "cxr/pipeline.h"
#include "cxr/results.h"
#include "cxr/whole_file.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// The same lines to the caller's stream and, where there is a folder for pictures, to a file.
class ResultsTable {
 public:
  ResultsTable(std::ostream& out, const std::optional<fs::path>& folder) : out_(out) {
    if (folder) file_ = std::make_unique<WholeFile>(*folder / "results.csv");
  }

  void write(const std::vector<std::string>& cells) {
    const std::string line = csv_line(cells);
    out_ << line << std::flush;
    if (!out_) throw Error("write", "results", "standard output cannot be written");
    if (file_) file_->write(line);
  }

  void finish() {
    if (file_) file_->finish();
  }

 private:
  std::ostream& out_;
  std::unique_ptr<WholeFile> file_;
};

/// Makes the folder for pictures, which must not endanger radiographs: among them, pictures would
/// be read as such the next time; a link may make one of them a picture's place.
void prepare_folder(const fs::path& folder, const std::vector<Input>& inputs,
                    const std::vector<fs::path>& pictures) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure || !fs::is_directory(folder)) {
    throw Error("write", folder.string(), "is not a folder and cannot be made one");
  }
  const fs::path radiographs = fs::absolute(inputs.front().file).parent_path();
  if (fs::equivalent(folder, radiographs, failure)) {
    throw UsageError("write", folder.string(),
                     "is the folder of the radiographs; choose another --heatmappath");
  }
  std::set<fs::path> files;
  for (const Input& input : inputs) files.insert(fs::weakly_canonical(input.file, failure));
  for (const fs::path& picture : pictures) {
    if (files.contains(fs::weakly_canonical(picture, failure))) {
      throw UsageError("write", picture.string(),
                       "a picture would overwrite this radiograph; choose another --heatmappath");
    }
  }
}

PictureContent content_of(const Study& study) {
  std::ostringstream title;
  title << study.finding.prediction << " (" << std::fixed << std::setprecision(2)
        << study.finding.probabilities[study.finding.predicted] << ")";
  const auto& [finding, views] = study;
  return {views.image,    views.lung_mask, finding.lungs.box, finding.crop,
          views.enhanced, views.heat_map,  title.str()};
}

/// Draws and writes the pictures of a batch on all cores.
void write_pictures(std::vector<Study>& studies, const std::vector<fs::path>& files,
                    const HeatmapOptions& options) {
  cv::parallel_for_(cv::Range(0, static_cast<int>(studies.size())), [&](const cv::Range& range) {
    for (auto i = static_cast<std::size_t>(range.start); i < static_cast<std::size_t>(range.end);
         ++i) {
      if (studies[i].finding.failed()) continue;
      try {
        write_png(files[i], draw_picture(content_of(studies[i]), options));
      } catch (const std::exception& error) {
        studies[i].finding.error = error.what();
      }
    }
  });
}

template <typename T>
std::vector<T> slice(const std::vector<T>& all, std::size_t begin, std::size_t end) {
  return {all.begin() + static_cast<std::ptrdiff_t>(begin),
          all.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress) {
  InferenceSummary summary;
  const std::vector<Input> inputs = find_inputs(request.radiographs);
  summary.images = inputs.size();
  if (inputs.empty()) return summary;

  std::vector<fs::path> pictures;
  if (request.pictures) {
    for (const std::string& name : picture_names(inputs)) {
      pictures.push_back(*request.pictures / name);
    }
    prepare_folder(*request.pictures, inputs, pictures);
  }
  ResultsTable results(table, request.pictures);
  const Pipeline pipeline(configuration);
  results.write(result_columns(pipeline.classes()));

  const auto batch_size = static_cast<std::size_t>(configuration.batch_size);
  for (std::size_t begin = 0; begin < inputs.size(); begin += batch_size) {
    const std::size_t end = std::min(begin + batch_size, inputs.size());
    std::vector<Study> studies =
        pipeline.process(slice(inputs, begin, end), request.pictures.has_value());
    if (request.pictures) {
      write_pictures(studies, slice(pictures, begin, end), configuration.heatmap);
    }
    for (const Study& study : studies) {
      results.write(result_cells(study.finding, pipeline.classes()));
      if (study.finding.failed()) ++summary.failed;
    }
    if (progress) progress(end, inputs.size());
  }
  results.finish();
  return summary;
}

}  // namespace cxr
