#include "infer_options.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/access.h"
#include "cxr/error.h"
#include "cxr/inputs.h"
#include "shard_option.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

void add_input_options(CLI::App& app, InferOptions& options) {
  app.option_defaults()->group("Input");
  app.add_option("paths,--xraypath", options.request.radiographs,
                 "Images and folders; -: read paths from standard input")
      ->type_name("PATH");
  app.add_option("--list", options.list, "File with one path per line; -: standard input")
      ->type_name("FILE");
  app.add_flag("-r,--recursive", options.request.recursive,
               "Search sub-folders as well, except those with results of cxr-infer");
  app.add_option("--root", options.request.root,
                 "Name images in the results by their path below this folder")
      ->type_name("DIR")
      ->check(listable_folder());
  app.add_option("--shard", options.shard,
                 "Process only part I of N; auto: as the array job says that this is a task of")
      ->type_name("I/N|auto|auto/N");
  app.add_flag(
      "--force", options.request.force,
      "Process DICOM images that would be skipped (other modalities and body parts, lateral "
      "views, several frames, pictures in colour); predict a class even where no lungs are found");
}

void add_output_options(CLI::App& app, InferOptions& options) {
  auto& request = options.request;
  app.option_defaults()->group("Output");
  auto* output = app.add_option("-o,--output", request.output,
                                "Folder for all results: results.csv, results.jsonl, run.json, "
                                "report.html, pictures")
                     ->type_name("DIR");
  app.add_option("--heatmappath", request.pictures,
                 "Folder for results.csv and one heat map per image, as in COVID-19_CXR_AI")
      ->type_name("DIR")
      ->excludes(output);
  app.add_option_function<std::vector<std::string>>(
         "--save",
         [&request](const std::vector<std::string>& words) {
           for (const std::string& word : words) {
             request.save.push_back(*from_name<PictureKind>(word));
           }
         },
         "Pictures to write to --output, separated by commas; dicom: for DICOM files, results as "
         "DICOM objects for an archive; only these carry the patient's name and other attributes")
      ->delimiter(',')
      ->allow_extra_args(false)  // or it takes the paths that follow
      ->type_name(choices_of<PictureKind>())
      ->needs(output)
      ->check(one_of<PictureKind>());
  app.add_flag("--no-heatmaps", options.no_heat_maps, "Skip heat maps; faster")->needs(output);
  auto* if_exists = add_choice(app, "--if-exists", request.if_exists,
                               "What to do where --output has results already")
                        ->needs(output);
  app.add_flag("--resume", options.resume,
               "Continue an interrupted run; only missing or failed images are processed")
      ->needs(output)
      ->excludes(if_exists);
  app.add_option("--title", request.title, "Title of the report")
      ->type_name("TEXT")
      ->default_str(request.title)
      ->needs(output);
  app.add_option(
         "--labels", request.labels,
         "CSV file with the columns image and label; the report shows which predictions are right")
      ->type_name("FILE")
      ->check(readable_file())
      ->needs(output);
  app.add_flag("--dicom-uids", request.dicom_uids,
               "Add StudyInstanceUID, SeriesInstanceUID and SOPInstanceUID of DICOM files to the "
               "results; they identify patients to whoever has the archive");
  app.add_option_function<std::string>(
         "--format",
         [&options](const std::string& word) { options.format = from_name<TableFormat>(word); },
         "Format on standard output; default: table on a terminal, otherwise csv")
      ->type_name(choices_of<TableFormat>())
      ->check(one_of<TableFormat>());
}

/// Adds the paths that are not on the command line.
void read_lists(const InferOptions& options, InferenceRequest& request) {
  const bool is_piped = std::erase(request.radiographs, fs::path("-")) > 0 || options.list == "-";
  request.keep_missing = is_piped || !options.list.empty();
  std::vector<fs::path> paths;
  if (is_piped) paths = read_path_list(std::cin);
  if (!options.list.empty() && options.list != "-") {
    if (const std::string why = why_unreadable(options.list); !why.empty()) {
      throw UsageError("input", options.list.string(), why);
    }
    std::ifstream stream(options.list);
    std::ranges::move(read_path_list(stream), std::back_inserter(paths));
  }
  std::ranges::move(paths, std::back_inserter(request.radiographs));
  if (request.radiographs.empty() && !request.keep_missing) {
    throw UsageError("input", "--xraypath",
                     "is required: an image, a folder, or - for a list on standard input");
  }
}

}  // namespace

void add_infer_options(CLI::App& app, InferOptions& options) {
  add_input_options(app, options);
  add_output_options(app, options);
  add_configuration_options(app, options.configuration);
  app.add_flag("--model-info", options.model_info, "Describe the models and exit");
  add_message_options(app, options.messages);
}

InferenceRequest complete_request(const InferOptions& options, const Configuration& configuration) {
  InferenceRequest request = options.request;
  read_lists(options, request);
  if (!options.shard.empty()) request.shard = parse_shard(options.shard);
  if (options.resume) request.if_exists = IfExists::resume;
  request.heat_maps = !options.no_heat_maps;
  const auto needs_heat_map = [](PictureKind kind) {
    return kind == PictureKind::overlay || kind == PictureKind::panels;
  };
  if (options.no_heat_maps && std::ranges::any_of(request.save, needs_heat_map)) {
    throw UsageError("output", "--save", "overlay and panels need heat maps; omit --no-heatmaps");
  }
  if (request.save.empty() && request.output && request.heat_maps) {
    const bool is_overlay = configuration.heatmap.layout == Layout::overlay;
    request.save = {is_overlay ? PictureKind::overlay : PictureKind::panels};
  }
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  request.format = options.format.value_or(is_terminal ? TableFormat::table : TableFormat::csv);
  return request;
}

}  // namespace cxr
