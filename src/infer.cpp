#include "cxr/infer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>

#include "cxr/csv.h"
#include "cxr/picture.h"
#include "cxr/results.h"
#include "cxr/whole_file.h"
#include "json_lines.h"
#include "output_folder.h"
#include "parallel.h"
#include "report_page.h"
#include "result_writer.h"
#include "run_record.h"
#include "saved_pictures.h"
#include "tasks.h"

namespace cxr {
namespace {

using nlohmann::ordered_json;

/// One run, from the list of radiographs to the last result.
class Run {
 public:
  Run(const Configuration& configuration, const InferenceRequest& request, std::vector<Task> tasks,
      std::ostream& table)
      : configuration_(configuration), request_(request), tasks_(std::move(tasks)) {
    summary_.images = tasks_.size();
    if (request_.output) {
      output_.emplace(*request_.output, request_.if_exists);
      report_.emplace(*request_.output, tasks_.size(), request_.labels);
    }
    pipeline_.emplace(configuration_);
    if (request_.pictures) make_folder(*request_.pictures);
    writer_.emplace(table, request_.format, pipeline_->classes());
    models_ = describe_models(*pipeline_);
    if (request_.pictures) table_file_.emplace(*request_.pictures / "results.csv");
    if (output_) open_output();
  }

  InferenceSummary process(const InferenceProgress& progress) {
    write_header();
    const std::vector<std::size_t> missing = list_missing();
    summary_.done = summary_.kept;
    const auto batch_size = static_cast<std::size_t>(configuration_.batch_size);
    for (std::size_t begin = 0; begin < missing.size(); begin += batch_size) {
      const std::size_t end = std::min(begin + batch_size, missing.size());
      process_batch({missing.begin() + static_cast<std::ptrdiff_t>(begin),
                     missing.begin() + static_cast<std::ptrdiff_t>(end)});
      summary_.done = summary_.kept + end;
      if (progress && !progress(summary_.done, tasks_.size(), summary_.failed) &&
          end < missing.size()) {
        summary_.interrupted = true;
        break;
      }
    }
    write_kept_before(tasks_.size());
    finish();
    return summary_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  void open_output() {
    std::vector<std::string> kinds;
    for (const PictureKind kind : request_.save) kinds.emplace_back(folder_of(kind));
    output_->open(settings_of(configuration_, request_, *pipeline_), pipeline_->classes(), kinds);
    for (const Task& task : tasks_) summary_.kept += output_->find(task.input.name) ? 1 : 0;
    record_run(false);
  }

  void record_run(bool is_over) const {
    output_->write_run(
        run_record(configuration_, request_, *pipeline_, summary_, seconds(), is_over));
  }

  void write_header() {
    std::size_t longest = 0;
    for (const Task& task : tasks_) longest = std::max(longest, task.input.name.size());
    writer_->write_header(longest);
    if (table_file_) table_file_->write(csv_line(result_columns(pipeline_->classes())));
  }

  std::vector<std::size_t> list_missing() const {
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (!output_ || output_->find(tasks_[i].input.name) == nullptr) missing.push_back(i);
    }
    return missing;
  }

  void process_batch(const std::vector<std::size_t>& batch) {
    std::vector<Input> inputs;
    for (const std::size_t task : batch) inputs.push_back(tasks_[task].input);
    std::vector<Study> studies =
        pipeline_->process(inputs, {.explain = explains(), .force = request_.force});
    std::vector<ReportImages> report_images(batch.size());
    in_parallel(batch.size(), [&](std::size_t i) {
      if (!studies[i].finding.judged()) return;
      try {
        write_pictures(studies[i], tasks_[batch[i]]);
        if (report_ && report_->embeds()) {
          report_images[i] = report_images_of(studies[i], configuration_.heatmap);
        }
      } catch (const std::exception& error) {
        studies[i].finding.fail(error);
      }
    });
    for (std::size_t i = 0; i < batch.size(); ++i) {
      write_kept_before(batch[i]);
      if (report_) report_->add(tasks_[batch[i]].input.name, report_images[i]);
      write_new(batch[i], studies[i].finding);
    }
  }

  bool explains() const {
    return request_.pictures.has_value() || (request_.output && request_.heat_maps);
  }

  void write_pictures(const Study& study, const Task& task) const {
    for (const PictureFile& picture : task.pictures) {
      // Names may have folders in them.
      if (picture.file.has_parent_path()) make_folder(picture.file.parent_path());
      write_png(picture.file, draw(study, picture.kind, configuration_.heatmap));
    }
  }

  /// Everything that had been done before, up to a task.
  void write_kept_before(std::size_t task) {
    for (; written_ < task; ++written_) {
      const Record* kept = output_ ? output_->find(tasks_[written_].input.name) : nullptr;
      if (kept == nullptr) continue;
      count(kept->finding);
      writer_->write(*kept);
    }
  }

  void write_new(std::size_t task, const Finding& finding) {
    const Record record = record_of(tasks_[task], finding);
    count(finding);
    if (output_) output_->add(record);
    if (table_file_) table_file_->write(csv_line(result_cells(finding, pipeline_->classes())));
    writer_->write(record);
    written_ = task + 1;
  }

  void count(const Finding& finding) {
    if (finding.status == Status::error) ++summary_.failed;
    if (finding.status == Status::skipped) ++summary_.skipped;
  }

  Record record_of(const Task& task, const Finding& finding) const {
    ordered_json json = to_json(finding, pipeline_->classes());
    json["file"] = task.input.file.string();
    json["models"] = models_;
    if (output_ && finding.judged()) {
      for (const PictureFile& picture : task.pictures) {
        json["pictures"][folder_of(picture.kind)] = picture.told;
      }
    }
    return {finding, json_line(json)};
  }

  void finish() {
    if (table_file_) table_file_->finish();
    if (!output_) return;
    std::vector<std::string> names;
    for (const Task& task : tasks_) names.push_back(task.input.name);
    output_->finish(names);
    record_run(true);
    report_->write(output_->records(), pipeline_->classes());
  }

  const Configuration& configuration_;
  const InferenceRequest& request_;
  const std::vector<Task> tasks_;
  const Clock::time_point begin_ = Clock::now();
  std::optional<OutputFolder> output_;
  std::optional<Pipeline> pipeline_;
  std::optional<ResultWriter> writer_;
  std::optional<WholeFile> table_file_;
  std::optional<ReportPage> report_;
  ordered_json models_;
  std::size_t written_ = 0;  ///< tasks whose results are on the table, or are not to be
  InferenceSummary summary_;
};

}  // namespace

InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress) {
  std::vector<Task> tasks = list_tasks(configuration, request);
  if (tasks.empty()) return {};
  return Run(configuration, request, std::move(tasks), table).process(progress);
}

}  // namespace cxr
