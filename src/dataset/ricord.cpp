#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "base/csv.h"
#include "covidx_sources.h"
#include "cxr/error.h"
#include "finding.h"
#include "image_index.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// Whether the films of a study are frontal, or which of its series are.
enum class Frontal { all, pa_series, chest_ap_series, none };

Frontal frontal_series(const std::string& study) {
  if (study == "XR CHEST AP PORTABLE" || study == "XR CHEST AP ONLY" ||
      study == "XR CHEST PA ONLY") {
    return Frontal::all;
  }
  if (study == "XR CHEST PA AND LATERAL") return Frontal::pa_series;
  if (study.find("ABDOMINAL SERIES W PA CHEST") != std::string::npos) {
    return Frontal::chest_ap_series;
  }
  return Frontal::none;
}

/// Names of series are `1.000000-PA-12345`.
bool is_frontal(Frontal which, const std::string& series) {
  if (which == Frontal::pa_series) return series.find("-PA-") != std::string::npos;
  if (which == Frontal::chest_ap_series) return series.find("-Chest AP-") != std::string::npos;
  return which == Frontal::all;
}

/// What is in a folder, sorted, without hidden entries.
std::set<fs::path> entries_of(const fs::path& folder, bool folders) {
  std::set<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool is_hidden = entry.path().filename().native().starts_with('.');
    if (!is_hidden && entry.is_directory() == folders) entries.insert(entry.path());
  }
  return entries;
}

/// The patients who have an allowed study. The published table has a title above its header.
std::set<std::string> allowed_patients(const fs::path& file, Plan& plan) {
  std::vector<std::size_t> bad_lines;
  CsvTable table = read_csv(file, bad_lines);
  if (table.find_column("patient_id") < 0 && !table.rows.empty()) {
    table.header = table.rows.front();
    table.rows.erase(table.rows.begin());
  }
  const std::size_t patient = table.column("patient_id");
  const std::size_t study = table.column("Image Study Description");
  std::set<std::string> patients;
  for (const auto& row : table.rows) {
    if (frontal_series(row[study]) == Frontal::none) {
      plan.leave_out("ricord", "table: study " + row[study]);
    } else {
      patients.insert(row[patient]);
    }
  }
  for (const std::size_t line : bad_lines) {
    plan.complain("ricord", file.string() + " line " + std::to_string(line), "damaged row");
  }
  return patients;
}

/// The films of a patient, in the order of studies and series.
std::vector<fs::path> films_of(Plan& plan, const fs::path& patient) {
  static const std::regex kStudy(R"(\d\d-\d\d-\d{4}-(.+)-\d{5})");
  std::vector<fs::path> films;
  for (const fs::path& study : entries_of(patient, /*folders=*/true)) {
    const std::string name = study.filename().string();
    std::smatch parts;
    if (!std::regex_match(name, parts, kStudy)) {
      plan.complain("ricord", study.string(), "not the folder of a study");
      continue;
    }
    const Frontal which = frontal_series(parts.str(1));
    if (which == Frontal::none) plan.leave_out("ricord", "study " + parts.str(1));
    for (const fs::path& series : entries_of(study, /*folders=*/true)) {
      if (!is_frontal(which, series.filename().string())) continue;
      const auto files = entries_of(series, /*folders=*/false);
      if (files.empty()) plan.complain("ricord", series.string(), "no such image");
      std::ranges::copy(files, std::back_inserter(films));
    }
  }
  return films;
}

/// `PATIENT_01.png`: with the file's own suffix.
std::string name_of(const std::string& patient, std::size_t number, const fs::path& film) {
  const std::string digits = std::to_string(number);
  return patient + "_" + (digits.size() < 2 ? "0" : "") + digits +
         plain_name(film.extension().string());
}

}  // namespace

void add_ricord(Plan& plan, const fs::path& folder, const fs::path& studies) {
  if (!fs::is_directory(folder)) throw UsageError("dataset", folder.string(), "no such folder");
  std::set<std::string> missing;
  if (!studies.empty()) missing = allowed_patients(studies, plan);
  const std::set<std::string> allowed = missing;
  for (const fs::path& path : entries_of(folder, /*folders=*/true)) {
    const std::string patient = path.filename().string();
    missing.erase(patient);
    if (!studies.empty() && !allowed.contains(patient)) {
      plan.leave_out("ricord", "patient without an allowed study");
      continue;
    }
    std::size_t number = 0;
    for (const fs::path& film : films_of(plan, path)) {
      add_image(plan, "ricord", film, name_of(patient, ++number, film), kCovid, patient);
    }
  }
  for (const std::string& patient : missing) plan.complain("ricord", patient, "no such patient");
}

}  // namespace cxr
