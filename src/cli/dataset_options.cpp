#include "dataset_options.h"

namespace cxr {
namespace {

CLI::Option* add_folder(CLI::App& command, const std::string& name, std::filesystem::path& folder,
                        const std::string& description) {
  return command.add_option(name, folder, description)->type_name("DIR")->check(listable_folder());
}

CLI::Option* add_file(CLI::App& command, const std::string& name, std::filesystem::path& file,
                      const std::string& description) {
  return command.add_option(name, file, description)->type_name("FILE")->check(readable_file());
}

void add_common_options(CLI::App& command, DatasetOptions& options) {
  command.option_defaults()->group("Data set");
  command.add_option("--out", options.out, "Folder to make; must not exist, or be empty")
      ->required()
      ->type_name("DIR");
  command.add_flag("--dry-run", options.dry_run, "Count what would be done; write nothing");
  command.add_flag("--copy", options.copy,
                   "Copy images; default: hard links where possible, otherwise copies");
  command.add_flag("--strict", options.strict,
                   "Make nothing if anything in the sources is missing or odd");
  command.option_defaults()->always_capture_default();
  command
      .add_option("--val-fraction", options.val_fraction,
                  "Share of the training patients in the split val")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--seed", options.seed, "Seed of the random choice of patients");
}

void add_test_fraction(CLI::App& command, double& fraction, const std::string& description) {
  command.add_option("--test-fraction", fraction, description)->check(CLI::Range(0.0, 1.0));
}

}  // namespace

void add_segmentation_set_options(CLI::App& command, DatasetCommand& options) {
  SegmentationSources& sources = options.segmentation;
  command.option_defaults()->group("Sources");
  add_folder(command, "--montgomery", sources.montgomery,
             "Montgomery set: CXR_png/, ManualMask/leftMask/, ManualMask/rightMask/");
  auto* shenzhen =
      add_folder(command, "--shenzhen", sources.shenzhen, "Shenzhen set: CXR_png/NAME.png");
  auto* masks = add_folder(command, "--shenzhen-masks", sources.shenzhen_masks,
                           "Masks of the Shenzhen set: NAME_mask.png");
  shenzhen->needs(masks);
  masks->needs(shenzhen);
  command
      .add_option("--extra", sources.extra,
                  "Folder with xray/ and mask/, files of equal names; may be repeated")
      ->type_name("DIR")
      ->check(listable_folder())
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_common_options(command, options.options);
  add_test_fraction(command, options.options.test_fraction,
                    "Share of the patients in the split test");
  command.footer(
      "Example:\n"
      "  cxr-dataset segmentation --montgomery MontgomerySet --shenzhen ChinaSet_AllFiles \\\n"
      "    --shenzhen-masks shcxr-lung-mask/mask --out lungs");
}

void add_covidx_options(CLI::App& command, DatasetCommand& options) {
  CovidxSources& sources = options.covidx;
  command.option_defaults()->group("Sources");
  const std::string table_and_images = ": metadata.csv, images/";
  add_folder(command, "--cohen", sources.cohen, "covid-chestxray-dataset" + table_and_images);
  add_folder(command, "--figure1", sources.figure1,
             "Figure1-COVID-chestxray-dataset" + table_and_images);
  add_folder(command, "--actualmed", sources.actualmed,
             "Actualmed-COVID-chestxray-dataset" + table_and_images);
  add_folder(command, "--sirm", sources.sirm,
             "COVID-19 Radiography Database: images, the metadata saved as CSV");
  auto* rsna = add_folder(command, "--rsna", sources.rsna,
                          "RSNA Pneumonia Detection Challenge: stage_2_*.csv, DICOM or PNG images");
  auto* ricord =
      add_folder(command, "--ricord", sources.ricord, "RICORD: PATIENT/STUDY/SERIES/, images");
  add_folder(command, "--siim", sources.siim,
             "SIIM-FISABIO-RSNA: train_study_level.csv, train_image_level.csv, images");
  command.option_defaults()->group("Patients");
  add_file(command, "--test-patients", sources.test_patients,
           "Test patients of Cohen, Figure1, Actualmed and SIRM (JSON); default: the installed "
           "covidx-test-patients.json");
  add_file(command, "--rsna-test-normal", options.rsna_test_normal,
           "Test patients of RSNA, a text or .npy file; without lists, --test-fraction is drawn")
      ->needs(rsna);
  add_file(command, "--rsna-test-pneumonia", options.rsna_test_pneumonia, "Likewise")->needs(rsna);
  add_file(command, "--ricord-studies", sources.ricord_studies,
           "CSV with patient_id and Image Study Description: take only patients with a study of "
           "the chest")
      ->needs(ricord);
  add_common_options(command, options.options);
  options.options.test_fraction = 0.1;
  add_test_fraction(command, options.options.test_fraction,
                    "Share of the patients of RSNA (without lists) and SIIM in the split test");
  command.footer(
      "Example:\n"
      "  cxr-dataset covidx --cohen covid-chestxray-dataset --rsna rsna --out covidx --dry-run");
}

CovidxSources covidx_sources(const DatasetCommand& command) {
  CovidxSources sources = command.covidx;
  if (sources.test_patients.empty()) {
    sources.test_patients = installed_config("covidx-test-patients.json");
    if (!std::filesystem::exists(sources.test_patients)) {
      throw UsageError("dataset", "--test-patients",
                       "is required; config/covidx-test-patients.json is COVID-Net's list");
    }
  }
  for (const auto& list : {command.rsna_test_normal, command.rsna_test_pneumonia}) {
    if (!list.empty()) sources.rsna_test.push_back(list);
  }
  return sources;
}

void add_regions_options(CLI::App& command, DatasetCommand& options) {
  command.option_defaults()->group("Sources");
  command
      .add_option("--data", options.labelled,
                  "Labelled data set: made by cxr-dataset covidx, a manifest, or CLASS/ or "
                  "SPLIT/CLASS/ of images")
      ->required()
      ->type_name("PATH")
      ->check(CLI::ExistingPath);
  add_common_options(command, options.options);
  command.option_defaults()->always_capture_default(false);
  add_configuration_options(command, options.configuration);
  command.footer(
      "Example:\n"
      "  cxr-dataset regions --config config/model-config.json --data covidx --out covidx-lungs");
}

}  // namespace cxr
