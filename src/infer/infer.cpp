#include "cxr/infer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/json_lines.h"
#include "base/stream.h"
#include "draw/picture.h"
#include "network/threads.h"
#include "output_folder.h"
#include "report_page.h"
#include "result_format.h"
#include "result_writer.h"
#include "run_record.h"
#include "saved_pictures.h"
#include "tasks.h"

namespace cxr {
namespace {

using nlohmann::ordered_json;

/// What is handed out of a radiograph once it was judged and its pictures were drawn.
struct Delivery {
  ResultRecord record;
  ReportImages report_images;
};

/// Where results go, one after the other, in the order of the inputs.
using Sink = std::function<void(const Delivery&)>;

/// One run, from the list of radiographs to the last result:
///
///   tasks ─▶ judge ─▶ draw ─▶ describe ─▶ table, CSV, journal, page
///           └── on all threads ───────┘   └── in order ───────────┘
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
    pipeline_.emplace(configuration_.pipeline);
    models_ = describe_models(*pipeline_);
    add_table(table);
    if (request_.pictures) add_csv(*request_.pictures);
    if (output_) add_output();
  }

  InferenceSummary process(const InferenceProgress& progress) {
    const std::vector<std::size_t> missing = list_missing();
    summary_.kept = tasks_.size() - missing.size();
    summary_.done = summary_.kept;
    if (output_) record_run(false);
    write_header();

    const OneCoreEach one_core_each;
    run_stream(
        missing,
        {.threads = thread_count(configuration_.threads),
         .batch_size = configuration_.batch_size,
         .begin_thread = OneCoreEach::begin_thread},
        [&](std::span<const std::size_t> batch) { return judge(batch); },
        [&](std::size_t task, const Delivery& delivery) {
          deliver(task, delivery);
          ++summary_.done;
          return !progress || progress(summary_.done, tasks_.size(), summary_.failed);
        });
    summary_.interrupted = summary_.done < tasks_.size();
    write_kept_before(tasks_.size());
    finish();
    return summary_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // ---- Sinks

  void add_table(std::ostream& table) {
    writer_.emplace(table, request_.format, pipeline_->classes());
    sinks_.emplace_back([this](const Delivery& delivery) { writer_->write(delivery.record); });
  }

  void add_csv(const std::filesystem::path& folder) {
    make_folder(folder);
    csv_.emplace(folder / "results.csv");
    csv_->write(csv_line(result_columns(pipeline_->classes())));
    sinks_.emplace_back([this](const Delivery& delivery) {
      csv_->write(csv_line(result_cells(delivery.record.result, pipeline_->classes())));
    });
  }

  void add_output() {
    std::vector<std::string> kinds;
    for (const PictureKind kind : request_.save) kinds.emplace_back(folder_of(kind));
    output_->open(settings_of(configuration_, request_, *pipeline_), pipeline_->classes(), kinds);
    sinks_.emplace_back([this](const Delivery& delivery) {
      report_->add(delivery.record.result.name, delivery.report_images);
      output_->add(delivery.record);
    });
  }

  // ---- On all threads

  std::vector<Delivery> judge(std::span<const std::size_t> batch) const {
    std::vector<Input> inputs;
    for (const std::size_t task : batch) inputs.push_back(tasks_[task].input);
    const bool explain = request_.pictures || (request_.output && request_.heat_maps);
    std::vector<Analysis> analyses =
        pipeline_->process(inputs, {.explain = explain, .force = request_.force});
    std::vector<Delivery> deliveries;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      deliveries.push_back(draw(analyses[i], tasks_[batch[i]]));
    }
    return deliveries;
  }

  /// Draws and writes all pictures of an analysis, and lets go of it.
  Delivery draw(Analysis& analysis, const Task& task) const {
    Delivery delivery;
    if (analysis.result.judged()) {
      try {
        write_pictures(analysis, task);
        if (report_ && report_->embeds()) {
          delivery.report_images = report_images_of(analysis, configuration_.heatmap);
        }
      } catch (const std::exception& error) {
        analysis.result.fail(error);
      }
    }
    delivery.record = record_of(task, analysis.result);
    return delivery;
  }

  void write_pictures(const Analysis& analysis, const Task& task) const {
    for (const PictureFile& picture : task.pictures) {
      // Names may have folders in them.
      if (picture.file.has_parent_path()) make_folder(picture.file.parent_path());
      write_png(picture.file, draw_saved(analysis, picture.kind, configuration_.heatmap));
    }
  }

  ResultRecord record_of(const Task& task, const Result& result) const {
    ordered_json json = to_json(result, pipeline_->classes());
    json["file"] = task.input.file.string();
    json["models"] = models_;
    if (output_ && result.judged()) {
      for (const PictureFile& picture : task.pictures) {
        json["pictures"][folder_of(picture.kind)] = picture.told;
      }
    }
    return {result, json_line(json)};
  }

  // ---- In order

  void write_header() {
    std::size_t longest = 0;
    for (const Task& task : tasks_) longest = std::max(longest, task.input.name.size());
    writer_->write_header(longest);
  }

  std::vector<std::size_t> list_missing() const {
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (kept(i) == nullptr) missing.push_back(i);
    }
    return missing;
  }

  /// The result of an earlier run that is continued; null where there is none.
  const ResultRecord* kept(std::size_t task) const {
    return output_ ? output_->find(tasks_[task].input.name) : nullptr;
  }

  void deliver(std::size_t task, const Delivery& delivery) {
    write_kept_before(task);
    count(delivery.record.result);
    for (const Sink& sink : sinks_) sink(delivery);
    written_ = task + 1;
  }

  /// Everything that had been done before, up to a task. The folder has it already.
  void write_kept_before(std::size_t task) {
    for (; written_ < task; ++written_) {
      const ResultRecord* record = kept(written_);
      if (record == nullptr) continue;
      count(record->result);
      writer_->write(*record);
    }
  }

  void count(const Result& result) {
    if (result.status == Status::error) ++summary_.failed;
    if (result.status == Status::skipped) ++summary_.skipped;
  }

  void record_run(bool is_over) const {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    output_->write_run(
        run_record(configuration_, request_, *pipeline_, summary_, seconds, is_over));
  }

  void finish() {
    if (csv_) csv_->finish();
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
  std::optional<AtomicFile> csv_;
  std::optional<ReportPage> report_;
  std::vector<Sink> sinks_;
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
