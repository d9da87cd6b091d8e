#include "train_options.h"

#include <iomanip>
#include <sstream>

#include "documents.h"
#include "program.h"

namespace cxr {
namespace {

void add_files(CLI::App& command, TrainingOptions& options) {
  command.option_defaults()->always_capture_default()->group("Data");
  command
      .add_option("--data", options.manifests,
                  "Manifest (CSV) of the training and validation images; may be repeated")
      ->required()
      ->type_name("FILE")
      ->check(readable_file());
  command.add_option("--out", options.out, "Model file to write (.pt)")
      ->required()
      ->type_name("FILE");
  command.add_option("--init", options.init, "Model to start from (fine-tuning)")
      ->type_name("FILE")
      ->check(readable_file());
  command.add_option("--hold-out", options.hold_out,
                     "Source (hospital) to leave out of training and validation and report "
                     "separately; may be repeated");
  command.add_flag("--resume", options.resume, "Continue from the checkpoint beside --out");
}

/// `, 64 to 1024, a multiple of 32`; empty for a seed, which may be any number, and for the
/// augmentation, whose options differ in their units.
template <typename Value>
std::string range_text(const OptionInfo& info) {
  constexpr double kAnyNumber = 1e18;
  if constexpr (std::is_same_v<Value, bool> || HasNames<Value>) return "";
  if (info.most >= kAnyNumber || info.group == OptionInfo::Group::augmentation) return "";
  std::ostringstream text;
  text << std::setprecision(8) << ", " << info.least << " to " << info.most;
  if (info.step > 1) text << ", a multiple of " << info.step;
  return text.str();
}

/// Adds what a table has; see for_each_option().
template <typename Options>
void add_table(CLI::App& command, Options& options) {
  for_each_option(options, [&]<typename Value>(const OptionInfo& info, Value& value) {
    const std::string name = std::string("--") + info.name;
    const char* group = info.group == OptionInfo::Group::basic      ? "Training"
                        : info.group == OptionInfo::Group::advanced ? kAdvancedGroups[0]
                                                                    : kAdvancedGroups[1];
    command.option_defaults()->group(group);
    const std::string meaning = info.meaning + range_text<Value>(info);
    if constexpr (HasNames<Value>) {
      add_choice(command, name, value, meaning);
    } else if constexpr (std::is_same_v<Value, bool>) {
      command.add_flag(name, value, meaning);
    } else {
      command.add_option(name, value, meaning);
    }
  });
}

void add_contract_texts(CLI::App& command, TrainingOptions& options) {
  command.option_defaults()->group(kAdvancedGroups[0]);
  command.add_option("--describe-data", options.data,
                     "Description of the data, stored in the contract");
  command.add_option("--licence", options.licence, "Licence of the model, stored in the contract");
}

void add_site_options(CLI::App& command, SiteOptions& options) {
  command.option_defaults()->always_capture_default()->group("Data");
  command.add_option("--model", options.model, "Classifier to start from")
      ->required()
      ->type_name("FILE")
      ->check(readable_file());
  command.add_option("--segmenter", options.segmenter, "Segmenter (.pt) that finds the lungs")
      ->required()
      ->type_name("FILE")
      ->check(readable_file());
  command
      .add_option("--data", options.data,
                  "CSV with the columns image and label; optional: patient, source, split")
      ->required()
      ->type_name("FILE")
      ->check(readable_file());
  command.add_option("--split", options.split, "Use rows of this split only; empty: all");
  command
      .add_option("--sources", options.sources,
                  "Use rows of these sources only, separated by commas")
      ->delimiter(',');
  command.add_option("--out", options.out, "Model file to write (.pt)")
      ->required()
      ->type_name("FILE");
  command
      .add_option("--smallest-component", options.smallest_component,
                  "Share of the lung mask's area up to which a component is a speck; as "
                  "smallest_component of cxr-infer, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kAdvancedGroups[0]);
}

}  // namespace

void add_segmenter_options(CLI::App& command, SegmenterOptions& options) {
  add_files(command, options.training);
  add_table(command, options.training);
  add_table(command, options);
  add_contract_texts(command, options.training);
}

void add_classifier_options(CLI::App& command, ClassifierOptions& options) {
  add_files(command, options.training);
  command
      .add_option("--segmenter", options.segmenter,
                  "Segmenter (.pt) that finds the lungs; required unless there are --regions")
      ->type_name("FILE")
      ->check(readable_file());
  command
      .add_option("--regions", options.regions,
                  "regions.csv with the lung boxes, of cxr-dataset regions or COVID-19_CXR_AI")
      ->type_name("FILE")
      ->check(readable_file());
  add_table(command, options.training);
  add_table(command, options);
  add_contract_texts(command, options.training);
}

void add_calibrate_options(CLI::App& command, CalibrateOptions& options) {
  options.site.split = "val";
  add_site_options(command, options.site);
  command
      .add_option_function<std::vector<std::pair<std::string, std::string>>>(
          "--fold",
          [&](const auto& folds) {
            for (const auto& [model, sources] : folds) {
              options.folds.push_back({model, CLI::detail::split(sources, ',')});
            }
          },
          "Classifier that was trained without these sources, and the sources: the temperature is "
          "fitted to what it makes of them. May be given several times")
      ->type_name("FILE SOURCES");
}

void add_adapt_options(CLI::App& command, AdaptOptions& options) {
  add_site_options(command, options.site);
  command.add_flag("--allow-missing", options.allow_missing,
                   "Adapt although a class has no images: to how the others are told apart");
}

}  // namespace cxr
