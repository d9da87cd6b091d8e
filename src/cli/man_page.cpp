#include "man_page.h"

#include <algorithm>
#include <sstream>

#include "cxr/configuration.h"
#include "cxr/version.h"
#include "option_list.h"

namespace cxr {
namespace {

/// Text for troff: no line begins with a control character, and `-` can be copied.
std::string troff_text(const std::string& text) {
  std::string escaped;
  bool at_start = true;
  for (const char letter : text) {
    if (at_start && (letter == '.' || letter == '\'')) escaped += "\\&";
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      escaped += letter;
    }
    at_start = letter == '\n';
  }
  return escaped;
}

/// Terms with their meanings.
using Terms = std::vector<std::pair<std::string, std::string>>;

void write_terms(std::ostream& page, const Terms& terms) {
  for (const auto& [term, meaning] : terms) {
    page << ".TP\n\\fB" << troff_text(term) << "\\fR\n" << troff_text(meaning) << "\n";
  }
}

void write_section(std::ostream& page, const std::string& title, const Terms& terms) {
  if (terms.empty()) return;
  page << ".SH " << title << "\n";
  write_terms(page, terms);
}

std::string option_text(const CLI::Option& option) {
  std::string text = option.get_description();
  if (option.get_required()) text += ". Required";
  if (!default_of(option).empty()) text += ". Default: " + default_of(option);
  return text + ".";
}

void write_options(std::ostream& page, const CLI::App& app) {
  for (const auto& [group, options] : option_groups(app)) {
    page << ".SS " << troff_text(group) << "\n";
    for (const CLI::Option* option : options) {
      std::string names;
      for (const std::string& name : option_names(*option)) {
        names += (names.empty() ? "" : ", ") + ("\\fB" + troff_text(name) + "\\fR");
      }
      if (names.empty()) continue;
      page << ".TP\n" << names;
      if (takes_value(*option)) page << " \\fI" << troff_text(value_kind(*option)) << "\\fR";
      page << "\n" << troff_text(option_text(*option)) << "\n";
    }
  }
}

const Terms kInstalledFiles{
    {"PREFIX/share/cxr-infer/config/model-config.json",
     "Default configuration of a program installed in PREFIX/bin."},
    {"PREFIX/share/cxr-infer/models/", "The networks that it names, and their SHA-256."}};

Terms with_installed_files(Terms files) {
  files.insert(files.end(), kInstalledFiles.begin(), kInstalledFiles.end());
  return files;
}

Terms files_of(const std::string& program) {
  if (program == "cxr-infer") {
    return with_installed_files(
        {{"DIR/report.html", "Self-contained report of all images."},
         {"DIR/results.csv", "One row per image, with the columns below."},
         {"DIR/results.jsonl", "One JSON object per image; --resume reads it."},
         {"DIR/run.json", "Versions, configuration, command line, counts and state of the run."},
         {"DIR/heatmaps/, DIR/panels/, DIR/masks/, DIR/crops/", "Pictures chosen by --save."}});
  }
  if (program == "cxr-merge") {
    return {
        {"DIR/results.csv, DIR/results.jsonl", "The rows of all shards, in the order of the list."},
        {"DIR/run.json", "As of a single run; merged: the shards, their hosts and counts."},
        {"DIR/report.html", "Report of all images; above 20,000 there is none."},
        {"DIR/heatmaps/, DIR/panels/, …", "Pictures of the shards, as hard links or copies."}};
  }
  if (program == "cxr-train") {
    return {{"OUT", "The best model, with its contract."},
            {"OUT.csv, OUT.png, OUT.svg", "Log with one row per epoch, and its curves."},
            {"OUT.samples.png", "The first training pictures, augmented, before the first epoch."},
            {"OUT.cases.csv, OUT.cases.png",
             "The validation images from the worst to the best, and a sheet of both ends."},
            {"OUT.checkpoint", "State after the last epoch, for --resume."},
            {"OUT.lungs.csv", "classifier: the lungs found in the training images."}};
  }
  if (program == "cxr-dataset") {
    return with_installed_files(
        {{"DIR/manifest.csv", "For --data of cxr-train and cxr-evaluate."},
         {"DIR/problems.csv", "What was missing or odd in the sources, and left out."},
         {"DIR/train/, DIR/test/, DIR/evaluate/", "The images; segmentation: in xray/ and mask/."},
         {"DIR/train.txt, DIR/test.txt, DIR/evaluate.txt",
          "covidx: patient, file, label and source of each image."},
         {"DIR/mapping.csv", "covidx: the file that each image was."},
         {"DIR/regions.csv", "regions: the lung box of each image, for cxr-train --regions."},
         {"DIR/segmentation/", "regions: the images with lungs and box."},
         {"PREFIX/share/cxr-infer/config/covidx-test-patients.json",
          "Default of --test-patients."}});
  }
  return with_installed_files(
      {{"DIR/report.md", "All figures, also by each column of the manifest with 2 to 20 values."},
       {"DIR/metrics.json", "The same, for programs."},
       {"DIR/images.csv", "One row per image."},
       {"DIR/confusion.png, DIR/roc.png, DIR/precision-recall.png, DIR/reliability.png, "
        "DIR/mistakes/",
        "classification; each plot also as SVG."},
       {"DIR/dice.png, DIR/quality.png, DIR/worst/", "segmentation; each plot also as SVG."}});
}

Terms manifest_columns() {
  return {
      {"image", "A radiograph; its path is relative to the manifest."},
      {"split", "train or val; rows of any other split are not used."},
      {"mask", "segmenter: black-and-white picture of the image's size, lungs white."},
      {"label", "classifier, calibrate, adapt: the class."},
      {"source", "Optional: origin, such as a hospital."},
      {"patient", "Optional: finds patients that are in both splits."},
      {"view, age_group", "Optional: AP or PA; pediatric marks children. For --balance source."}};
}

Terms evaluation_columns() {
  return {
      {"image", "Manifest and images.csv: a radiograph; its path is relative to the manifest."},
      {"label", "Manifest and images.csv, classification: the true class."},
      {"mask", "Manifest, segmentation: the true lungs, white."},
      {"split", "Manifest, optional: for --split."},
      {"patient", "Manifest, optional: intervals are over patients."},
      {"prediction, confidence, P(CLASS)",
       "images.csv, classification: the most probable class, its probability, and those of all "
       "classes."},
      {"heat_inside_lungs",
       "images.csv, classification: share of the hottest part of the heat map inside the lungs."},
      {"dice, iou, box_iou",
       "images.csv, segmentation: agreement of the masks, and of their boxes, 0 to 1."},
      {"estimated_quality", "images.csv: mean lung probability inside the lung mask, 0 to 1."},
      {"error", "images.csv: why an image could not be evaluated."}};
}

Terms columns_of(const std::string& program) {
  if (program == "cxr-train") return manifest_columns();
  if (program == "cxr-evaluate") return evaluation_columns();
  return {{"Image", "File name, or path below the named folder."},
          {"Prediction, Confidence", "The most probable class and its probability, 0 to 1."},
          {"Estimated Quality", "Mean lung probability inside the lung mask, 0 to 1."},
          {"Status, Error",
           "ok, unsure, skipped or error; stage, file and reason if skipped or failed."},
          {"P(CLASS)", "Probability of each class."},
          {"Box X, Box Y, Box Width, Box Height", "Lung box in pixels."},
          {"Image Width, Image Height", "Size in pixels."},
          {"Note",
           "States what was done to the film, and if the whole image was used instead of the lung "
           "box."},
          {"Milliseconds", "Time for this image, excluding drawing."},
          {"Prediction Set",
           "The classes that cannot be excluded at 90 %, joined by |; empty if the model has no "
           "thresholds."},
          {"File", "Path of the image as found."},
          {"StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID",
           "With --dicom-uids; empty for files other than DICOM."}};
}

Terms environment_of(const std::string& program) {
  if (program == "cxr-merge") return {};
  if (program == "cxr-train") {
    return {{"OMP_NUM_THREADS", "Number of threads; default: one per core."}};
  }
  Terms terms;
  for (const ConfigurationKey& key : configuration_keys()) {
    terms.emplace_back(key.variable,
                       "Overrides " + key.name + " of the configuration file: " + key.allowed +
                           (key.fallback.empty() ? "." : ". Default: " + key.fallback + "."));
  }
  terms.emplace_back("OMP_NUM_THREADS",
                     "Number of threads, unless --threads or the configuration sets it.");
  return terms;
}

}  // namespace

std::string man_page(const CLI::App& app) {
  const std::string& name = app.get_name();
  const std::string description = app.get_description();
  std::string summary = description.substr(0, description.find('.'));
  std::ranges::replace(summary, '\n', ' ');
  const bool has_commands = !subcommands_of(app).empty();
  std::ostringstream page;
  page << ".TH " << troff_text(name) << " 1 \"\" \"cxr-infer " << version() << "\"\n.SH NAME\n"
       << troff_text(name) << " \\- " << troff_text(summary) << "\n.SH SYNOPSIS\n.B "
       << troff_text(name) << "\n"
       << (has_commands ? "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]"
                        : "[\\fIOPTIONS\\fR] [\\fIPATH\\fR...]")
       << "\n.SH DESCRIPTION\n"
       << troff_text(description) << "\n.SH OPTIONS\n";
  write_options(page, app);
  for (const CLI::App* command : subcommands_of(app)) {
    page << ".SH OPTIONS OF " << troff_text(command->get_name()) << "\n"
         << troff_text(command->get_description()) << "\n";
    write_options(page, *command);
    if (!command->get_footer().empty()) {
      page << ".PP\n.nf\n" << troff_text(command->get_footer()) << "\n.fi\n";
    }
  }
  write_section(page, "COLUMNS", columns_of(name));
  write_section(page, "FILES", files_of(name));
  write_section(page, "ENVIRONMENT", environment_of(name));
  page << ".SH NOTES\n.nf\n" << troff_text(app.get_footer()) << "\n.fi\n";
  return page.str();
}

}  // namespace cxr
