#include "covidx_sources.h"

#include <algorithm>
#include <map>

#include "cxr/error.h"
#include "finding.h"
#include "image_index.h"
#include "source_table.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

/// Adds the row's image where its finding has a label and the image is there.
void add_finding(Plan& plan, const std::string& source, const SourceTable& table, std::size_t row,
                 const ImageIndex& images, const std::string& image) {
  const std::string finding = table.cell(row, "finding");
  const std::string label = label_of_finding(finding);
  if (label.empty()) {
    return plan.leave_out(source, finding.empty() ? "no finding" : "finding " + finding);
  }
  const fs::path file = images.find(image);
  if (file.empty()) return plan.complain(source, table.place(row), "no such image", image);
  add_image(plan, source, file, file.filename().string(), label, table.cell(row, "patientid"));
}

/// The only CSV file of a folder, or the one whose name has `metadata` in it.
fs::path table_in(const fs::path& folder) {
  std::set<fs::path> tables, metadata;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const std::string name = plain_name(entry.path().filename().string());
    if (!name.ends_with(".csv")) continue;
    tables.insert(entry.path());
    if (name.find("metadata") != std::string::npos) metadata.insert(entry.path());
  }
  if (tables.size() == 1) return *tables.begin();
  if (metadata.size() == 1) return *metadata.begin();
  throw UsageError("dataset", folder.string(),
                   "must have the metadata as one CSV file (save the XLSX file as CSV)");
}

/// Films whose classes are in doubt, left out as COVID-Net does.
bool is_discarded(const std::string& name) {
  static const std::set<std::string> kDiscarded{"100", "101", "102", "103", "104", "105",
                                                "110", "111", "112", "113", "122", "123",
                                                "124", "125", "126", "217"};
  const std::size_t begin = name.find('(');
  const std::size_t end = name.find(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
  return kDiscarded.contains(name.substr(begin + 1, end - begin - 1));
}

/// Adds the image of each patient once, where its file is there.
void add_patients(Plan& plan, const std::string& source, const ImageIndex& images,
                  const std::map<std::string, std::string>& labels) {
  for (const auto& [patient, label] : labels) {
    const fs::path file = images.find(patient);
    if (file.empty()) {
      plan.complain(source, patient, "no such image");
    } else {
      add_image(plan, source, file, file.filename().string(), label, patient);
    }
  }
}

}  // namespace

void add_image(Plan& plan, const std::string& source, const fs::path& file, const std::string& name,
               const std::string& label, const std::string& patient) {
  plan.images.push_back({.from = file,
                         .name = without_spaces(name),
                         .split = "",
                         .label = label,
                         .source = source,
                         .patient = without_spaces(patient.empty() ? name : patient),
                         .masks = {}});
}

std::set<std::string> add_cohen(Plan& plan, const fs::path& folder) {
  static const std::set<std::string> kViews{"PA", "AP", "AP Supine", "AP semi erect", "AP erect"};
  const SourceTable table(folder / "metadata.csv", "cohen",
                          {"patientid", "finding", "view", "filename", "url"}, plan);
  const ImageIndex images(folder / "images", Depth::flat);
  std::set<std::string> urls;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string view = table.cell(row, "view");
    if (!kViews.contains(view)) {
      plan.leave_out("cohen", view.empty() ? "no view" : "view " + view);
      continue;
    }
    urls.insert(table.cell(row, "url"));
    add_finding(plan, "cohen", table, row, images, table.cell(row, "filename"));
  }
  urls.erase("");
  return urls;
}

void add_figure1(Plan& plan, const fs::path& folder) {
  const SourceTable table(folder / "metadata.csv", "figure1", {"patientid", "finding"}, plan);
  const ImageIndex images(folder / "images", Depth::flat);
  for (std::size_t row = 0; row < table.size(); ++row) {
    add_finding(plan, "figure1", table, row, images, table.cell(row, "patientid") + ".jpg");
  }
}

void add_actualmed(Plan& plan, const fs::path& folder) {
  const SourceTable table(folder / "metadata.csv", "actualmed",
                          {"patientid", "finding", "imagename"}, plan);
  const ImageIndex images(folder / "images", Depth::flat);
  for (std::size_t row = 0; row < table.size(); ++row) {
    add_finding(plan, "actualmed", table, row, images, table.cell(row, "imagename"));
  }
}

void add_sirm(Plan& plan, const fs::path& folder, const std::set<std::string>& urls_of_cohen) {
  const SourceTable table(table_in(folder), "sirm", {"FILE NAME", "URL", "FORMAT"}, plan);
  const ImageIndex images(folder, Depth::recursive);
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string name = table.cell(row, "FILE NAME");
    if (urls_of_cohen.contains(table.cell(row, "URL"))) {
      plan.leave_out("sirm", "is in cohen");
    } else if (is_discarded(name)) {
      plan.leave_out("sirm", "discarded by COVID-Net");
    } else {
      const std::string image = name + "." + table.cell(row, "FORMAT");
      const fs::path file = images.find(image);
      if (file.empty()) {
        plan.complain("sirm", table.place(row), "no such image", image);
      } else {
        add_image(plan, "sirm", file, file.filename().string(), kCovid, name);
      }
    }
  }
}

void add_rsna(Plan& plan, const fs::path& folder) {
  const SourceTable details(folder / "stage_2_detailed_class_info.csv", "rsna",
                            {"patientId", "class"}, plan);
  const SourceTable boxes(folder / "stage_2_train_labels.csv", "rsna", {"patientId", "Target"},
                          plan);
  std::map<std::string, std::string> labels;  // a patient has a row for each opacity
  std::set<std::string> others;
  for (std::size_t row = 0; row < details.size(); ++row) {
    const std::string patient = details.cell(row, "patientId");
    if (details.cell(row, "class") == "Normal") {
      labels[patient] = kNormal;
    } else {
      others.insert(patient);
    }
  }
  for (std::size_t row = 0; row < boxes.size(); ++row) {
    if (boxes.cell(row, "Target") == "1") {
      labels.try_emplace(boxes.cell(row, "patientId"), kPneumonia);
    }
  }
  for (const std::string& patient : others) {
    if (!labels.contains(patient)) plan.leave_out("rsna", "neither normal nor pneumonia");
  }
  add_patients(plan, "rsna", ImageIndex(folder, Depth::recursive), labels);
}

void add_siim(Plan& plan, const fs::path& folder) {
  const char* typical = "Typical Appearance";
  const char* negative = "Negative for Pneumonia";
  const SourceTable studies(folder / "train_study_level.csv", "siim", {"id", typical, negative},
                            plan);
  const SourceTable films(folder / "train_image_level.csv", "siim", {"id", "StudyInstanceUID"},
                          plan);
  const auto without_suffix = [](const std::string& id) { return id.substr(0, id.find('_')); };
  std::map<std::string, std::string> labels;  // empty: indeterminate or atypical
  for (std::size_t row = 0; row < studies.size(); ++row) {
    const bool is_typical = studies.cell(row, typical) == "1";
    const bool is_negative = studies.cell(row, negative) == "1";
    labels[without_suffix(studies.cell(row, "id"))] =
        is_typical ? kCovid : (is_negative ? kNormal : "");
  }
  const ImageIndex images(folder, Depth::recursive);
  for (std::size_t row = 0; row < films.size(); ++row) {
    const std::string image = without_suffix(films.cell(row, "id"));
    const std::string study = films.cell(row, "StudyInstanceUID");
    const auto label = labels.find(study);
    const fs::path file = images.find(image);
    if (label == labels.end()) {
      plan.complain("siim", films.place(row), "no such study", study);
    } else if (label->second.empty()) {
      plan.leave_out("siim", "indeterminate or atypical");
    } else if (file.empty()) {
      plan.complain("siim", films.place(row), "no such image", image);
    } else {
      add_image(plan, "siim", file, file.filename().string(), label->second, study);
    }
  }
}

}  // namespace cxr
