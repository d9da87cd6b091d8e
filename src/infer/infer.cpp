#include "cxr/infer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <set>

#include "base/atomic_file.h"
#include "base/csv.h"
#include "base/json_lines.h"
#include "base/stream.h"
#include "base/utf8.h"
#include "cxr/error.h"
#include "draw/png.h"
#include "network/threads.h"
#include "output_folder.h"
#include "report_labels.h"
#include "report_page.h"
#include "result_format.h"
#include "result_writer.h"
#include "resume.h"
#include "run_record.h"
#include "saved_dicom.h"
#include "saved_pictures.h"
#include "tasks.h"

namespace cxr {
namespace {

using nlohmann::ordered_json;

/// A radiograph that was judged, with its pictures drawn.
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
  Run(const Configuration& configuration, const InferenceRequest& request, TaskList list,
      std::ostream& table)
      : configuration_(configuration), request_(request), tasks_(std::move(list.tasks)) {
    summary_.listed = list.listed;
    summary_.images = tasks_.size();
    if (request_.output) {
      if (request_.labels) labels_.emplace(*request_.labels);
      output_.emplace(*request_.output, request_.if_exists);
      report_.emplace(*request_.output, request_.title, configuration_.heatmap.cmap, list.listed,
                      labels_);
      run_ = output_->earlier_run();
    }
    find_settings();
    add_table(table);
    if (request_.pictures) add_csv(*request_.pictures);
    if (output_) add_output(list.fingerprint);
    list_missing();
    if (output_) prepare_tasks(tasks_, missing_, *output_, run_);
    if (!is_finished()) load_models();
    if (pipeline_) judged_by_ = judged_by(*pipeline_, settings_);
  }

  InferenceSummary process(const InferenceProgress& progress) {
    summary_.kept = tasks_.size() - missing_.size();
    summary_.done = summary_.kept;
    if (output_) record_run(false);
    write_header();

    const OneCoreEach one_core_each;
    run_stream(
        missing_,
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
    if (labels_) summary_.notes.push_back(labels_->describe(names(), classes_));
    return summary_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // ---- Before the first image

  /// The settings and classes. The models are not loaded where an earlier run describes them: it
  /// may have nothing left to do.
  void find_settings() {
    if (auto settings = settings_as_in(run_, configuration_, request_)) {
      settings_ = std::move(*settings);
    } else {
      load_models();
      settings_ = settings_of(configuration_, request_, *pipeline_);
    }
    settings_["models"]["classifier"]["contract"]["classes"].get_to(classes_);
  }

  void load_models() {
    if (pipeline_) return;
    pipeline_.emplace(configuration_.pipeline);
    models_ = describe_models(*pipeline_);
  }

  bool is_finished() const { return output_ && missing_.empty() && was_finished(run_); }

  void list_missing() {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (kept(i) == nullptr) missing_.push_back(i);
    }
  }

  /// The result of an earlier run that is continued; null where there is none.
  const ResultRecord* kept(std::size_t task) const {
    return output_ ? output_->find(tasks_[task].input.name) : nullptr;
  }

  // ---- Sinks

  void add_table(std::ostream& table) {
    writer_.emplace(table, request_.format, classes_, request_.dicom_uids);
    sinks_.emplace_back([this](const Delivery& delivery) { writer_->write(delivery.record); });
  }

  void add_csv(const std::filesystem::path& folder) {
    make_folder(folder);
    std::set<std::filesystem::path> folders{folder};
    for (const Task& task : tasks_) {
      for (const PictureFile& picture : task.pictures) folders.insert(picture.file.parent_path());
    }
    for (const auto& each : folders) remove_dead_files(each);
    csv_.emplace(folder / "results.csv");
    csv_->write(csv_line(result_columns(classes_, request_.dicom_uids)));
    sinks_.emplace_back([this](const Delivery& delivery) {
      csv_->write(csv_line(result_cells(delivery.record.result, classes_, request_.dicom_uids)));
    });
  }

  void add_output(const std::string& fingerprint) {
    std::vector<std::string> kinds;
    for (const PictureKind kind : request_.save) kinds.emplace_back(folder_of(kind));
    ordered_json settings = settings_;
    if (request_.shard) {
      settings["shard"] = describe_shard(*request_.shard, summary_.listed, fingerprint);
    }
    output_->open(settings, classes_);
    report_->open();
    output_->load(kinds, report_->embeds() ? report_->thumbnails() : std::set<std::string>());
    sinks_.emplace_back([this](const Delivery& delivery) {
      report_->add(delivery.record.result.name, delivery.report_images);
      output_->add(delivery.record);
      if (++unsynced_ >= configuration_.batch_size) sync_output();
    });
  }

  /// The thumbnails first: what is in the journal is done.
  void sync_output() {
    report_->sync();
    output_->sync();
    unsynced_ = 0;
  }

  // ---- On all threads

  std::vector<Delivery> judge(std::span<const std::size_t> batch) {
    std::vector<Input> inputs;
    for (const std::size_t task : batch) inputs.push_back(tasks_[task].input);
    std::vector<Analysis> analyses = analyse(inputs);
    std::vector<Delivery> deliveries;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      deliveries.push_back(draw(analyses[i], tasks_[batch[i]]));
    }
    return deliveries;
  }

  std::vector<Analysis> analyse(const std::vector<Input>& inputs) {
    std::vector<Analysis> analyses = pipeline_->process(
        inputs, {.explain = request_.pictures || (request_.output && request_.heat_maps),
                 .force = request_.force});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Result& result = analyses[i].result;
      if (result.status == Status::ok && !request_.force && !doubt_about(result).empty()) {
        result.status = Status::unsure;
        result.prediction.clear();
      }
      if (request_.dicom_uids && result.status != Status::error) {
        result.uids = read_dicom_uids(inputs[i].file);
      }
    }
    return analyses;
  }

  /// Draws and writes all pictures of an analysis, and frees it.
  Delivery draw(Analysis& analysis, const Task& task) const {
    Delivery delivery;
    ordered_json files = ordered_json::object();
    if (analysis.result.judged()) {
      try {
        files = write_pictures(analysis, task);
        if (report_ && report_->embeds()) {
          delivery.report_images = report_images_of(analysis, configuration_.heatmap);
        }
      } catch (const DiskError&) {
        throw;  // all other images would fail, too
      } catch (const std::exception& error) {
        analysis.result.fail(error);
      }
    }
    const bool has_thumbnail = !delivery.report_images.radiograph.empty();
    delivery.record = record_of(task, analysis.result, files, has_thumbnail);
    return delivery;
  }

  /// Returns what the journal says of them.
  ordered_json write_pictures(Analysis& analysis, const Task& task) const {
    ordered_json files = ordered_json::object();
    for (const PictureFile& picture : task.pictures) {
      // Names may have folders in them.
      if (picture.file.has_parent_path()) make_folder(picture.file.parent_path());
      if (picture.kind == PictureKind::dicom) {
        files["dicom"] =
            save_dicom(analysis, task.input.file, picture, judged_by_, configuration_.heatmap);
      } else {
        write_png(picture.file, draw_saved(analysis, picture.kind, configuration_.heatmap));
        files["pictures"][folder_of(picture.kind)] = picture.told;
      }
    }
    return files;
  }

  ResultRecord record_of(const Task& task, const Result& result, const ordered_json& files,
                         bool has_thumbnail) const {
    ordered_json line = ordered_json::object();
    if (request_.shard) line["place"] = task.place;
    line.update(to_json(result, classes_));
    line["models"] = models_;
    if (output_ && result.judged()) {
      line.update(files);
      if (has_thumbnail) line["thumbnail"] = true;
    }
    return {result, json_line(line)};
  }

  // ---- In order

  void write_header() {
    std::size_t longest = 0;
    for (const Task& task : tasks_) longest = std::max(longest, display_width(task.input.name));
    writer_->write_header(longest);
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
    if (result.status == Status::unsure) ++summary_.unsure;
  }

  /// Writes run.json, where something is or was judged.
  void record_run(bool is_over) {
    if (!pipeline_) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    const ordered_json run =
        run_record(configuration_, request_, *pipeline_, summary_, seconds, is_over);
    output_->write_run(run);
    run_ = run;
  }

  void finish() {
    if (csv_) csv_->finish();
    if (!output_) return;
    sync_output();
    output_->finish(names());
    record_run(true);
    report_->write(output_->records(), classes_, run_, settings_.at("models"));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names(tasks_.size());
    std::ranges::transform(tasks_, names.begin(), [](const Task& task) { return task.input.name; });
    return names;
  }

  const Configuration& configuration_;
  const InferenceRequest& request_;
  std::vector<Task> tasks_;
  const Clock::time_point begin_ = Clock::now();
  std::optional<OutputFolder> output_;
  nlohmann::json run_;  ///< run.json: of the earlier run, until this one writes its own
  ordered_json settings_, models_;
  std::vector<std::string> classes_;
  std::optional<Pipeline> pipeline_;
  JudgedBy judged_by_;
  std::optional<ResultWriter> writer_;
  std::optional<AtomicFile> csv_;
  std::optional<ReportLabels> labels_;
  std::optional<ReportPage> report_;
  std::vector<Sink> sinks_;
  std::vector<std::size_t> missing_;  ///< tasks without a result
  std::size_t written_ = 0;           ///< tasks whose results are in the table, or are not to be
  int unsynced_ = 0;                  ///< results that may not be on the disk yet
  InferenceSummary summary_;
};

}  // namespace

InferenceSummary infer(const Configuration& configuration, const InferenceRequest& request,
                       std::ostream& table, const InferenceProgress& progress) {
  TaskList list = list_tasks(configuration, request);
  if (list.listed == 0) return {};
  return Run(configuration, request, std::move(list), table).process(progress);
}

}  // namespace cxr
