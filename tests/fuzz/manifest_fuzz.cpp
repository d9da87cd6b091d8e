// CSV: as a table, as a manifest for training, as the results of an earlier run. Beside it lie the
// images a.png and b.png.

#include <opencv2/imgcodecs.hpp>

#include "base/csv.h"
#include "cxr/error.h"
#include "fuzz.h"
#include "infer/results_table.h"
#include "read/manifest.h"
#include "support/temp_dir.h"

namespace {

struct Folder : cxr::test::TempDir {
  Folder() {
    for (const char* name : {"a.png", "b.png"}) {
      cv::imwrite(path() / name, cv::Mat(40, 40, CV_8UC1, cv::Scalar(9)));
    }
  }
};

void try_step(const auto& step) {
  try {
    step();
  } catch (const cxr::Error&) {
  }
}

/// A table's own text is read as the same table.
void check_round_trip(const cxr::CsvTable& table, const std::filesystem::path& file) {
  std::string text = cxr::csv_line(table.header);
  for (const auto& row : table.rows) text += cxr::csv_line(row);
  cxr::fuzz::write_file(file, text);
  const cxr::CsvTable again = cxr::read_csv(file);
  cxr::fuzz::require(again.header == table.header && again.rows == table.rows,
                     "a table has changed");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const auto file = folder / "manifest.csv", copy = folder / "copy.csv";
  cxr::fuzz::write_file(file, cxr::fuzz::as_text(data, size));
  try_step([&] { cxr::read_manifests({file}, cxr::Purpose::classification); });
  try_step([&] { cxr::read_manifests({file}, cxr::Purpose::segmentation); });
  try_step([&] {
    cxr::ResultsTable results(file);
    for (const std::string& name : results.unused()) try_step([&] { results.find(name); });
  });
  std::optional<cxr::CsvTable> table;
  try_step([&] { table = cxr::read_csv(file); });
  if (table) check_round_trip(*table, copy);
  return 0;
}
